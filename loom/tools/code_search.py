"""code_search: lines that match a regular expression, by ripgrep or by a worker of Loom's own."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, msgpack

from loom.core.errors import InvalidArguments, NotFound, ToolError, ToolTimeout
from loom.core.messages import Display
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.child import child, confined, worker_command, worker_environment
from loom.tools.hits import Hit, Refused, Report, parse
from loom.tools.output import clip, one_line
from loom.tools.paths import locate, targets
from loom.tools.searching import SearchJob
from loom.tools.settle import settle
from loom.tools.text_file import refuse_half_characters

TIMEOUT = 20.0
"""Seconds that a search may take."""
_RIPGREP = (
    # Of the user's own settings none counts, so that everyone finds the same.
    *("--no-config", "--no-ignore-global", "--no-ignore-dot", "--no-require-git"),
    *("--json", "--no-messages", "--hidden", "--crlf", "--sort=path", "--max-filesize=10M"),
    # Look-around and back-references, where this ripgrep has them.
    "--engine=auto",
)


class CodeSearchArguments(Struct, forbid_unknown_fields=True):
    """Arguments of code_search."""

    pattern: Annotated[
        str, Meta(min_length=1, max_length=2_000, description="Regular expression, within a line.")
    ]
    path: Annotated[str, Meta(description="File or folder to search.")] = "."
    glob: Annotated[
        str, Meta(max_length=500, description="Only such files: *.py, src/**/*.{ts,tsx}, !*.md")
    ] = ""
    ignore_case: bool = False
    context: Annotated[int, Meta(ge=0, le=20, description="Lines around each match.")] = 0
    max_results: Annotated[int, Meta(ge=1, le=1_000, description="Matching lines.")] = 100


class CodeSearch:
    """Searches with the ripgrep on PATH; without one, `program` being empty, with a worker."""

    name = "code_search"
    description = """\
Search the workspace's text files for a regular expression, line by line, leaving out what git \
ignores. The answer lists each file with its matching lines as `12:text`, and as `13-text` lines \
of context. Narrow it with path and glob."""
    arguments: type[Struct] = CodeSearchArguments
    is_read_only = True
    is_mutating = False

    def __init__(self, program: str = "rg", timeout: float = TIMEOUT) -> None:
        self._program = program
        self._timeout = timeout

    def summary(self, arguments: CodeSearchArguments) -> str:
        """`search “def main” in src (*.py)`."""
        where = "" if arguments.path == "." else f" in {arguments.path}"
        which = f" ({arguments.glob})" if arguments.glob else ""
        return one_line(f"search “{arguments.pattern}”{where}{which}")

    def access(self, arguments: CodeSearchArguments, context: ToolContext) -> Access:
        """Reads one file or folder."""
        return Access(self.name, "read", targets(context.workspace, arguments.path))

    async def preview(self, arguments: CodeSearchArguments, context: ToolContext) -> Display:
        """The pattern and the place."""
        return Display("text", self.summary(arguments))

    async def run(self, arguments: CodeSearchArguments, context: ToolContext) -> Answer:
        """Raises InvalidArguments for a pattern that is none, NotFound, ToolTimeout, ToolError."""
        _check(arguments)
        path = await settle(_existing, arguments.path, context)
        try:
            async with asyncio.timeout(self._timeout):
                report = await self._search(arguments, path, context)
        except TimeoutError:
            raise ToolTimeout(
                f"the search took longer than {self._timeout:g} seconds",
                "Name a smaller path or a glob, or a simpler pattern.",
            ) from None
        return _answer(arguments, report)

    async def _search(
        self, arguments: CodeSearchArguments, path: str, context: ToolContext
    ) -> Report:
        command, environment, request = self._command(arguments, path, context)
        command = confined(command, context, environment)
        report = Report(arguments.max_results, arguments.context)
        async with child(command, context.workspace, environment) as process:
            if await _collect(process, request, report):
                errors = await process.stderr.read() if process.stderr else b""
                await process.wait()
                _demand_success(process.returncode, errors, report)
        return report

    def _command(
        self, arguments: CodeSearchArguments, path: str, context: ToolContext
    ) -> tuple[list[str], dict[str, str], bytes]:
        """Argv, environment and stdin of what searches."""
        search_path = context.environment.get("PATH", "")
        program = self._program and shutil.which(self._program, path=search_path)
        # A program that lies in the workspace may be the model's own work.
        if program and not Path(program).resolve().is_relative_to(context.workspace):
            return [program, *_options(arguments, path)], {"PATH": search_path}, b""
        job = SearchJob(
            str(context.workspace),
            path,
            arguments.pattern,
            arguments.ignore_case,
            arguments.context,
            arguments.glob,
        )
        return worker_command("search"), worker_environment(), msgpack.encode(job)


def _options(arguments: CodeSearchArguments, path: str) -> list[str]:
    options = [*_RIPGREP, f"--context={arguments.context}"]
    if arguments.ignore_case:
        options.append("--ignore-case")
    if arguments.glob:
        options.append(f"--glob={arguments.glob}")
    # The last glob that matches wins, so that none brings back what git keeps for itself.
    start = "./" if path == "." else f"./{path}"
    return [*options, "--glob=!.git", f"--regexp={arguments.pattern}", "--", start]


async def _collect(process: asyncio.subprocess.Process, request: bytes, report: Report) -> bool:
    """Feed the process and take its hits; whether it came to its end, instead of being enough."""
    if process.stdin is None or process.stdout is None:
        raise ToolError("the search has no pipes")
    process.stdin.write(request)
    process.stdin.close()
    async for line in process.stdout:
        found = parse(line)
        if isinstance(found, Refused):
            raise InvalidArguments(found.message)
        if isinstance(found, Hit) and not report.add(found):
            return False
    return True


def _demand_success(code: int | None, errors: bytes, report: Report) -> None:
    # ripgrep ends with 1 when nothing matched, and with 2 also when one file of many failed.
    if code in (0, 1) or not report.is_empty:
        return
    text = clip(errors.decode(errors="replace").strip(), 1_000)
    if "regex" in text or "glob" in text or "PCRE2" in text:
        raise InvalidArguments(text)
    raise ToolError(f"the search failed ({code}): {text}")


def _check(arguments: CodeSearchArguments) -> None:
    refuse_half_characters("pattern", arguments.pattern)
    refuse_half_characters("glob", arguments.glob)
    if "\n" in arguments.pattern:
        raise InvalidArguments("the pattern holds a line break", "Matches lie within one line.")


def _existing(path: str, context: ToolContext) -> str:
    with locate(context.workspace, path) as place:
        if place.status() is None:
            raise NotFound(f"there is no {place.relative}")
        return place.relative


def _answer(arguments: CodeSearchArguments, report: Report) -> Answer:
    if report.is_empty:
        where = f" in files like {arguments.glob}" if arguments.glob else ""
        text = f"No line matches{where}."
        return Answer(text, display=Display("listing", "no matches"))
    text = str(report)
    if report.is_cut:
        text += "\n[There are more; narrow the search, or raise max_results.]"
    summary = report.summary + (" (part)" if report.is_cut else "")
    return Answer(text, display=Display("listing", summary, text))
