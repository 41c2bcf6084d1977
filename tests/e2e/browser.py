"""A real Chromium with Loom in a tab. What the tab's socket receives is read by an emulator."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pyte
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.e2e.terminal import DEADLINE, Glass

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def chromium(**options: Any) -> AsyncIterator[BrowserContext]:
    """A fresh profile that may use the clipboard; `options` are those of playwright's context."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = await browser.new_context(
            **{"viewport": {"width": 1000, "height": 620}, **options}
        )
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context
        await browser.close()


class Tab:
    """A page, and the screen in it as text. `pixels` are the page's own."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets = 0
        self._grown = asyncio.Event()
        self._begin()
        page.on("websocket", self._opened)

    def _begin(self) -> None:
        self._glass = Glass(80, 24, lambda data: None)
        self._stream = pyte.ByteStream(self._glass)

    def _opened(self, socket: Any) -> None:
        self.sockets += 1
        self._begin()
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, payload: str | bytes) -> None:
        kind, *values = json.loads(payload)
        if kind == "resize":
            (value,) = values
            self._glass.resize(value["height"], value["width"])

    def _received(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            self._stream.feed(payload)
            self._grown.set()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._glass.columns, self._glass.lines

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._glass.display)

    async def until(self, *texts: str) -> None:
        """Waits until all `texts` are on the screen."""
        await self.when(lambda: all(text in self.text for text in texts), f"{texts}")

    async def when(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                while not condition():
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            raise AssertionError(f"waited for {what}\n{self.text}") from None

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text)

    async def key(self, name: str) -> None:
        await self.page.keyboard.press(name)
