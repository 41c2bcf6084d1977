"""A server as a process of its own, whose memory tells what it holds."""

import asyncio
import json
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.claude_wire import START, text
from tests.fakes.upstream import Line, events
from tests.server.conftest import Upstream, ask
from tests.server.test_daemon import Start, line, start  # noqa: F401  # a fixture

STREAMS, SIZE = 16, 6_000_000
WORDS = "word " * (SIZE // 5)
CLAUDE = {"model": "claude-test", "max_tokens": 9, "stream": True}
WIRES = {
    "/proxy/anthropic/v1/messages": {**CLAUDE, "messages": [{"role": "user", "content": WORDS}]},
    "/proxy/anthropic/stream": ask(
        messages=[{"role": "user", "content": [{"type": "text", "text": WORDS}]}]
    ),
}


def resident(process: Process) -> int:
    """Bytes of memory."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("path", WIRES)
async def test_a_stream_that_has_begun_holds_its_prompt_no_more(
    start: Start,  # noqa: F811
    upstream: Upstream,
    stack: AsyncExitStack,
    path: str,
) -> None:
    up = await upstream(events(START, text("Hi"), then=Line.stall))
    process = await start(LOOM_SERVER_TOKEN="t" * 32, LOOM_SERVER_ANTHROPIC_BASE_URL=up.url)
    url = (await line(process)).removeprefix("Loom server at ")
    signed = {"Authorization": "Bearer " + "t" * 32, "Content-Type": "application/json"}
    client = await stack.enter_async_context(aiohttp.ClientSession(url, headers=signed))
    body = json.dumps(WIRES[path]).encode()

    async def begun() -> None:
        response = await stack.enter_async_context(client.post(path, data=BytesIO(body)))
        said = b""
        while b"Hi" not in said:
            said += await response.content.readany()

    await begun()
    before = resident(process)
    for _ in range(STREAMS):
        await begun()
    async with asyncio.timeout(10):
        while resident(process) - before > STREAMS * SIZE / 3:
            await asyncio.sleep(0.05)
