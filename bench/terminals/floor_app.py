"""The floor: a plain Textual chat that streams into Textual's Markdown, every 100 ms.

`python floor_app.py PORT`, the port of a provider that speaks OpenAI's chat wire.
"""

import asyncio
import json
import sys

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown, Static

COALESCED = 0.1
HEAD = (
    "POST /v1/chat/completions HTTP/1.1\r\nhost: floor\r\nconnection: close\r\n"
    "content-type: application/json\r\ncontent-length: {}\r\n\r\n"
)


class Floor(App[None]):
    """Shows PROMPT-READY in its empty input."""

    CSS = "Input { dock: bottom; } Markdown { margin: 0 1; }"
    AUTO_FOCUS = "Input"

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self._history: list[dict[str, str]] = []

    def compose(self) -> ComposeResult:
        yield Static("the floor")
        yield VerticalScroll(id="log")
        yield Input(placeholder="PROMPT-READY")

    def on_mount(self) -> None:
        self.query_one("#log").anchor()

    async def on_input_submitted(self, submitted: Input.Submitted) -> None:
        submitted.input.value = ""
        markdown = Markdown()
        log = self.query_one("#log")
        await log.mount(Static("> " + submitted.value, markup=False), markdown)
        log.anchor()
        self._history.append({"role": "user", "content": submitted.value})
        self.run_worker(self._ask(markdown))

    async def _ask(self, markdown: Markdown) -> None:
        """Asks with the whole conversation, as agents do."""
        body = json.dumps({"model": "bench", "stream": True, "messages": self._history}).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        writer.write(HEAD.format(len(body)).encode() + body)
        text = await self._show(reader, markdown)
        writer.close()
        self._history.append({"role": "assistant", "content": text})

    async def _show(self, reader: asyncio.StreamReader, markdown: Markdown) -> str:
        """Streams the answer into the widget; all of it in the end."""
        stream = Markdown.get_stream(markdown)
        loop = asyncio.get_running_loop()
        shown, waiting, last = "", "", 0.0
        while line := await reader.readline():
            waiting += token(line)
            if waiting and loop.time() - last >= COALESCED:
                await stream.write(waiting)
                shown, waiting, last = shown + waiting, "", loop.time()
        await stream.write(waiting)
        await stream.stop()
        return shown + waiting


def token(line: bytes) -> str:
    """The text that a line of the stream brings."""
    if not line.startswith(b"data: {"):
        return ""
    choices = json.loads(line[6:])["choices"]
    return str(choices[0]["delta"].get("content") or "") if choices else ""


if __name__ == "__main__":
    Floor(int(sys.argv[1])).run()
