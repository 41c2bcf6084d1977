"""Loom's own short-lived children: ripgrep, and Loom's workers for what would stall the screen."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import loom
from loom.core.errors import ToolError, ToolTimeout
from loom.tools.base import ToolContext

_MAX_LINE = 64 * 1_048_576
_UNKILLABLE = 3.0


def worker_command(*arguments: str) -> list[str]:
    """The argv of a worker that does the named job (see loom.tools.worker).

    Without `-P` Python would import modules from the workspace it is started in.
    """
    return [sys.executable, "-P", "-m", "loom.tools.worker", *arguments]


def worker_environment() -> dict[str, str]:
    """What a worker inherits: where this very Loom is, and nothing of the user's."""
    return {"PYTHONPATH": str(Path(loom.__file__).parent.parent), "PYTHONUTF8": "1"}


@asynccontextmanager
async def child(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child with all three streams piped, in a process group of its own, gone at the end."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=cwd,
            env=dict(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_MAX_LINE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(f"{command[0]} could not be started: {error.strerror}") from error
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(_reap(process))


async def _reap(process: asyncio.subprocess.Process) -> None:
    """Until it is gone and its pipes are closed; what it still had to say is dropped."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_UNKILLABLE):
            await process.communicate()


async def ask_worker(
    job: str, request: bytes, timeout: float, context: ToolContext | None = None
) -> bytes:
    """What the worker answers to `request`; with `context` it looks into that workspace, confined.

    Raises ToolTimeout, ToolError.
    """
    environment = worker_environment()
    command, cwd = worker_command(job), Path("/")
    if context is not None:
        command, cwd = confined(command, context, environment), context.workspace
    try:
        async with asyncio.timeout(timeout), child(command, cwd, environment) as process:
            reply, errors = await process.communicate(request)
    except TimeoutError:
        raise ToolTimeout(f"it took longer than {timeout:g} seconds") from None
    if process.returncode != 0:
        raise ToolError(f"the worker failed: {errors.decode(errors='replace')[-500:]}")
    return reply


def confined(
    command: Sequence[str], context: ToolContext, environment: Mapping[str, str]
) -> list[str]:
    """The argv of `command` in the workspace's sandbox.

    What walks the workspace by names may be led outside by a folder that is swapped for a link
    meanwhile; in the sandbox it can then read no more than bash may.
    """
    return context.sandbox.wrap(command, context.workspace, context.workspace, environment)
