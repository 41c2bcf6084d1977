"""A model whose answer a test dictates, word by word, over Anthropic's wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.claude_wire import END, START, text
from tests.fakes.upstream import Line, RawUpstream, Received

KEY = "sk-ant-e2e-0123456789abcdefghij"


class Dictation:
    """`say` sends a piece of the answer, `end` ends it; a turn needs both, in any number."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()
        self.url = ""
        self.asked: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """What makes Loom ask here."""
        return {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": self.url}

    def say(self, piece: str) -> None:
        """A piece of the answer."""
        self._pieces.put_nowait(piece)

    def end(self) -> None:
        """The answer is whole."""
        self._pieces.put_nowait(None)

    async def answer(self, request: Received, line: Line) -> None:
        """The script of the upstream."""
        if request.method != "POST":
            await line.whole(b'{"data": []}')
            return
        self.asked.append(request.body.decode())
        await line.stream()
        await line.chunk(START)
        while (piece := await self._pieces.get()) is not None:
            await line.chunk(text(piece))
        await line.chunk(END)
        await line.end()


@asynccontextmanager
async def dictated() -> AsyncIterator[Dictation]:
    """A dictation that listens."""
    dictation = Dictation()
    async with RawUpstream(dictation.answer) as upstream:
        dictation.url = upstream.url
        yield dictation
