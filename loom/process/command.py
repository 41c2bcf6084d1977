"""A running command: its output as it comes, its end, and the end of all it started."""

import asyncio
import codecs
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from loom.process.capture import Capture
from loom.process.family import MARK, kill, terminate

GRACE = 0.5
"""Seconds between SIGTERM and SIGKILL."""

_BURST = 1024 * 1024
_BURST_PAUSE = 0.01
_DRAIN = 0.5
_UNKILLABLE = 3.0


class _Intake(asyncio.Protocol):
    """Takes one stream: into its capture, and as text to `on_output`."""

    def __init__(self, capture: Capture, on_output: Callable[[str], None]) -> None:
        self.capture = capture
        self.ended = asyncio.get_running_loop().create_future()
        self._on_output = on_output
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._burst = 0
        self._transport: asyncio.ReadTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.ReadTransport, transport)

    def data_received(self, data: bytes) -> None:
        self.capture.add(data)
        text = self._decoder.decode(data)
        if text:
            self._on_output(text)
        self._burst += len(data)
        if self._burst >= _BURST and self._transport is not None:
            # A command that writes without end must leave the loop time for keys.
            self._burst = 0
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(_BURST_PAUSE, self._resume)

    def connection_lost(self, exc: Exception | None) -> None:
        self.capture.close()
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """Stop reading, whoever still holds the other end."""
        if self._transport is not None:
            self._transport.close()

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


async def _intake(capture: Capture, on_output: Callable[[str], None]) -> tuple[_Intake, int]:
    """An intake and the descriptor that a child writes to; the caller closes the descriptor."""
    readable, writable = os.pipe()
    try:
        _, intake = await asyncio.get_running_loop().connect_read_pipe(
            lambda: _Intake(capture, on_output), os.fdopen(readable, "rb", buffering=0)
        )
    except BaseException:
        os.close(writable)
        raise
    return intake, writable


def _ignore(_: str) -> None:
    """Take output that nobody watches."""


class Process:
    """A running command and everything it starts. Made by `start`.

    Attributes:
        stdout: what it wrote so far.
        stderr: the same.
    """

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        intakes: Sequence[_Intake],
        mark: str,
        is_wrapped: bool,
    ) -> None:
        self.stdout, self.stderr = (intake.capture for intake in intakes)
        self._child = child
        self._intakes = intakes
        self._is_wrapped = is_wrapped
        self._mark = mark
        self._started = time.monotonic()
        self._ended: float | None = None
        self._is_over = False
        self._end: asyncio.Future[None] | None = None

    @property
    def pid(self) -> int:
        """The id of the command's leader, and of its process group."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """As a shell reports it, 128 + n when signal n ended it; None while it runs."""
        code = self._child.returncode
        return code if code is None or code >= 0 else 128 - code

    @property
    def seconds(self) -> float:
        """How long it has run, or ran."""
        return (self._ended or time.monotonic()) - self._started

    async def wait(self) -> None:
        """Until it ended by itself, what it left running is killed and its output is read."""
        await self._child.wait()
        self._ended = self._ended or time.monotonic()
        await self._kill_rest()
        await self._drain()
        self._is_over = True

    async def finish(self, timeout: float | None) -> bool:
        """Wait at most `timeout` seconds, then end it; whether it ended by itself.

        Cancelling this ends the command too, and returns only when it is gone.
        """
        try:
            async with asyncio.timeout(timeout):
                await self.wait()
            return True
        except TimeoutError:
            return False
        finally:
            await self.stop()

    async def stop(self, grace: float = GRACE) -> None:
        """End the whole family: SIGTERM, `grace` seconds, SIGKILL. Harmless when it is over."""
        if self._end is None:
            self._end = asyncio.ensure_future(self._stop(grace))
        # A second cancellation must not leave the family alive.
        await asyncio.shield(self._end)

    async def _stop(self, grace: float) -> None:
        if self._is_over:
            return
        if self._child.returncode is None:
            await asyncio.to_thread(terminate, self.pid, self._is_wrapped)
            with suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._child.wait()
        await self._kill_rest()
        with suppress(TimeoutError):
            async with asyncio.timeout(_UNKILLABLE):
                await self.wait()
        for intake in self._intakes:
            intake.close()

    async def _kill_rest(self) -> None:
        # Each look may miss what forks meanwhile, so it looks until there is nothing to kill.
        for pause in (0.0, 0.01, 0.02, 0.05, 0.1, 0.2):
            await asyncio.sleep(pause)
            if not await asyncio.to_thread(kill, self.pid, self._mark):
                return

    async def _drain(self) -> None:
        await asyncio.wait([intake.ended for intake in self._intakes], timeout=_DRAIN)
        for intake in self._intakes:
            intake.close()


async def start(
    argv: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    on_output: Callable[[str], None] = _ignore,
    spill: Path | None = None,
    is_wrapped: bool = False,
) -> Process:
    """Start `argv` with exactly `environment` (and MARK), stdin closed, in a session of its own.

    Args:
        on_output: called in the loop with each piece of stdout and stderr as it comes.
        spill: where an output too long for memory goes, with `.stdout` or `.stderr` appended.
        is_wrapped: `argv[0]` is a sandbox whose end kills what it holds, so that SIGTERM goes to
            the processes inside and not to itself.

    Raises:
        OSError: there is no such program or folder, or the arguments are too long.
    """
    mark = secrets.token_hex(8)
    intakes: list[_Intake] = []
    writable: list[int] = []
    try:
        for name in ("stdout", "stderr"):
            capture = Capture(spill=spill and spill.with_name(f"{spill.name}.{name}"))
            intake, descriptor = await _intake(capture, on_output)
            intakes.append(intake)
            writable.append(descriptor)
        child = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env={**environment, MARK: mark},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=writable[0],
            stderr=writable[1],
            start_new_session=True,
        )
    except BaseException:
        for intake in intakes:
            intake.close()
        raise
    finally:
        for descriptor in writable:
            os.close(descriptor)
    return Process(child, intakes, mark, is_wrapped)
