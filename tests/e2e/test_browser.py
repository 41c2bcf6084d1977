"""`textual serve "loom --demo"`: the same app, its screen sent to a browser's socket."""

import asyncio
import json
import re
import socket
import sys
from pathlib import Path

from aiohttp import ClientSession, WSMsgType

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def page(session: ClientSession, url: str) -> str:
    """The served page, as soon as the server listens."""
    async with asyncio.timeout(20):
        while True:
            try:
                async with session.get(url) as answer:
                    return await answer.text()
            except OSError:
                await asyncio.sleep(0.05)


async def until(socket, text: str) -> str:
    """What the app paints, without its control sequences, up to `text`."""
    painted = ""
    async with asyncio.timeout(30):
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                painted += _CONTROL.sub("", message.data.decode(errors="replace"))
            if text in painted:
                return painted
    raise AssertionError(f"{text!r} was never painted: {painted[-2000:]}")


async def test_the_app_is_painted_and_takes_keys_in_a_browser(home):
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(BIN / "textual", "serve", "--host", "127.0.0.1", "--port", str(port), "loom --demo"),
        env={**home.environment, "PATH": f"{BIN}:{home.environment['PATH']}"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with ClientSession() as session:
            assert "textual" in await page(session, f"http://127.0.0.1:{port}/")
            address = f"http://127.0.0.1:{port}/ws?width=80&height=24"
            async with session.ws_connect(address) as browser:
                await until(browser, "This is the demo")
                await browser.send_str(json.dumps(["stdin", "\r"]))
                await until(browser, "Allow bash?")
    finally:
        process.terminate()
        await process.wait()
