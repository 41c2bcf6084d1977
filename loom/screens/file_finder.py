"""The terminal's side of the worker that finds files: one query at a time, the latest."""

import json
import os
from asyncio import Queue, StreamWriter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from itertools import count
from pathlib import Path

from msgspec import DecodeError, Struct
from msgspec.json import decode

from loom.core.errors import ToolError
from loom.tools.child import child, worker_command, worker_environment
from loom.vcs.git import GIT

Found = tuple[str, tuple[int, ...]]
"""A path relative to the workspace, and where in it the letters stand."""


class Answer(Struct, frozen=True):
    """What the worker says, see loom.tools.files.serving."""

    number: int
    rows: tuple[Found, ...] | None
    is_final: bool


_NOTHING = Answer(0, None, is_final=True)


class FileFinder:
    """Starts the worker on the first query, and again when it has ended for want of queries.

    Args:
        start: runs a coroutine beside the screen, and cancels it when the screen goes.
        command: the worker, by default Loom's own.
    """

    def __init__(
        self,
        workspace: Path,
        start: Callable[[Coroutine[None, None, None]], object],
        command: Sequence[str] = (),
    ) -> None:
        self._command = command or worker_command("files")
        self._workspace = workspace
        self._start = start
        self._numbers = count(1)
        self._number = 0
        self._query = b""
        self._answers: Queue[Answer] = Queue()
        self._worker: StreamWriter | None = None
        self._is_running = False

    async def find(
        self, query: str, recent: Sequence[str] = ()
    ) -> AsyncIterator[tuple[Found, ...]]:
        """Rows that fit, best first, each time there are better ones; a newer query ends it."""
        self._number, self._answers = next(self._numbers), Queue()
        asked = {"number": self._number, "query": query, "recent": recent}
        self._query = json.dumps(asked).encode() + b"\n"
        answers = self._answers
        if self._worker is not None:
            self._worker.write(self._query)
        elif not self._is_running:
            self._is_running = True
            self._start(self._run())
        while answers is self._answers:
            answer = await answers.get()
            if answer.rows is not None:
                yield answer.rows
            if answer.is_final:
                return

    async def _run(self) -> None:
        try:
            # A worker that ends while a query is on its way has not failed; one that fails
            # twice does.
            while self._query and await self._converse():
                pass
        except ToolError:
            pass
        finally:
            self._is_running = False
            self._answers.put_nowait(_NOTHING)

    async def _converse(self) -> bool:
        """With one worker until it ends; whether it said anything."""
        environment = {**os.environ, **worker_environment()}
        opening = {"workspace": str(self._workspace), "git": GIT}
        has_answered = False
        async with child(self._command, Path("/"), environment) as process:
            if process.stdin is None or process.stdout is None:
                return False
            process.stdin.write(json.dumps(opening).encode() + b"\n" + self._query)
            self._worker = process.stdin
            try:
                while line := await process.stdout.readline():
                    has_answered = True
                    self._hear(line)
            finally:
                self._worker = None
        return has_answered

    def _hear(self, line: bytes) -> None:
        try:
            answer = decode(line, type=Answer)
        except DecodeError:
            return
        if answer.number == self._number:
            self._answers.put_nowait(answer)
            if answer.is_final:
                self._query = b""
