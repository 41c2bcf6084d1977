"""bash: a shell command, confined, streamed, and gone with all it started when its time is up."""

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from loom.core.errors import InvalidArguments, ToolError
from loom.core.messages import Display
from loom.core.permissions import Access
from loom.process import Capture, Process, start
from loom.tools import jobs
from loom.tools.base import Answer, ToolContext
from loom.tools.live import LiveOutput
from loom.tools.output import one_line
from loom.tools.paths import locate
from loom.tools.shell import parse
from loom.tools.text_file import refuse_half_characters

MAX_COMMAND = 100_000
"""Characters; the kernel takes at most 128 KiB in one argument."""
SHOWN = 40_000
"""Bytes of each stream that the model is shown; the file that holds the rest is named."""
_FIRST_LOOK = 0.5
_SANDBOX_TMP = Path("/tmp")  # noqa: S108 - the sandbox's own, which is private


class BashArguments(Struct, forbid_unknown_fields=True):
    """Arguments of bash."""

    command: Annotated[
        str, Meta(min_length=1, max_length=MAX_COMMAND, description="What bash -c runs.")
    ]
    cwd: Annotated[str, Meta(description="Folder to run in, relative to the workspace.")] = "."
    timeout_secs: Annotated[int, Meta(ge=1, le=300, description="Seconds until it is killed.")] = 60
    background: Annotated[
        bool, Meta(description="Return at once with a job id; no time limit. For servers.")
    ] = False


class Bash:
    """Runs `bash -c` in the session's sandbox with the session's environment only."""

    name = "bash"
    description = """\
Run a shell command in the workspace and read its output. Each call is a new shell: no variable \
or folder carries over, stdin is empty, nothing can ask. Processes left running are killed when \
the command ends; for servers and watchers set background and use bash_job. Prefer read_file, \
edit_file, list_files and code_search over cat, sed, ls and grep."""
    arguments: type[Struct] = BashArguments
    is_read_only = False
    is_mutating = True

    def summary(self, arguments: BashArguments) -> str:
        """`bash pytest -q`."""
        return one_line(f"bash {arguments.command}")

    def access(self, arguments: BashArguments, context: ToolContext) -> Access:
        """Each simple command of the line."""
        refuse_half_characters("command", arguments.command)
        _folder(context.workspace, arguments.cwd)
        line = parse(arguments.command)
        is_sandboxed = context.sandbox.is_confining
        own = (context.workspace, _SANDBOX_TMP) if is_sandboxed else (context.workspace,)
        stays = line.stays_in(*own)
        return Access(
            self.name,
            "execute",
            line.targets,
            is_inside=is_sandboxed or stays,
            is_parsed=line.is_parsed,
            is_sandboxed=is_sandboxed,
            is_read_only=line.is_read_only and stays and not arguments.background,
            harmless=line.harmless if stays else (),
            uncertain=line.uncertain,
        )

    async def preview(self, arguments: BashArguments, context: ToolContext) -> Display:
        """The whole command, as it would run; where, and how it is confined."""
        where = "" if arguments.cwd == "." else f"in {one_line(arguments.cwd)}"
        when = "in the background" if arguments.background else ""
        terms = ", ".join(part for part in (where, when, context.sandbox.brief) if part)
        return Display("command", one_line(terms, 300), arguments.command)

    async def run(self, arguments: BashArguments, context: ToolContext) -> Answer:
        """Run it to its end, or start it as a job. A failing command is an answer, not an error."""
        refuse_half_characters("command", arguments.command)
        cwd = _folder(context.workspace, arguments.cwd)
        if arguments.background:
            return await _run_in_background(arguments.command, cwd, context)
        live = LiveOutput(context.emit)
        process = await _start(arguments.command, cwd, context, live.add)
        try:
            is_in_time = await process.finish(arguments.timeout_secs)
        finally:
            live.close()
        return _answer(process, "" if is_in_time else f"timed out after {arguments.timeout_secs} s")


async def _run_in_background(command: str, cwd: Path, context: ToolContext) -> Answer:
    jobs.demand_room(context.memory)
    unread = jobs.Unread()
    process = await _start(command, cwd, context, unread.add)
    job = jobs.keep(context.memory, command, process, unread)
    # Long enough to see a server that cannot even start.
    await job.wait(_FIRST_LOOK)
    text = f"{job.id}: {job.state}\n{unread.take()}".rstrip()
    return Answer(text, display=Display("command", f"{job.id}: {job.state}", text))


async def _start(
    command: str, cwd: Path, context: ToolContext, on_output: Callable[[str], None]
) -> Process:
    environment = {
        name: value for name, value in context.environment.items() if not _redefines(name)
    }
    shell = shutil.which("bash", path=environment.get("PATH")) or "/bin/sh"
    context.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    argv = context.sandbox.wrap(
        [shell, "-c", command], context.workspace, cwd, environment, context.scratch
    )
    try:
        return await start(
            argv,
            cwd=cwd,
            environment=environment,
            on_output=on_output,
            spill=context.scratch / f"command-{secrets.token_hex(4)}",
            is_wrapped=context.sandbox.is_confining,
        )
    except OSError as error:
        raise ToolError(f"the command cannot be started: {error.strerror or error}") from error


def _redefines(name: str) -> bool:
    """The variable would make the shell run something else than what was judged."""
    return name in ("BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS") or name.startswith("BASH_FUNC_")


def _folder(workspace: Path, argument: str) -> Path:
    with locate(workspace, argument) as found:
        folder = workspace / found.relative
    if not folder.is_dir():
        raise InvalidArguments(f"cwd: {one_line(argument)} is not a folder")
    return folder


def _answer(process: Process, trouble: str) -> Answer:
    outcome = trouble or f"exit code {process.exit_code}"
    is_error = bool(trouble) or process.exit_code != 0
    out, err = _shown(process.stdout, "stdout"), _shown(process.stderr, "stderr")
    output = "\n".join(part for part in (out, err and f"[stderr]\n{err}") if part)
    text = f"{outcome}\n{output}" if is_error else output
    display = Display("command", outcome, output)
    return Answer(text.rstrip("\n") or "(no output)", display=display, is_error=is_error)


def _shown(capture: Capture, name: str) -> str:
    text = capture.text(SHOWN).rstrip("\n")
    if capture.spilled is None:
        return text
    return f"{text}\n[all {capture.size:,} bytes of {name}: {capture.spilled}]"
