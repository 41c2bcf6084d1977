"""`textual serve "loom --demo"`: the same app, its screen sent to a browser's socket."""

import asyncio
import json
import re
import socket
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import ClientSession, WSMsgType

from tests.e2e.conftest import Home
from tests.e2e.providers import variables
from tests.fakes.providers import FakeProvider, Say, Turn

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
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            async for message in socket:
                if message.type == WSMsgType.BINARY:
                    painted += _CONTROL.sub("", message.data.decode(errors="replace"))
                if text in painted:
                    return painted
    raise AssertionError(f"{text!r} was never painted: {painted[-2000:]}")


@asynccontextmanager
async def textual_serve(home: Home, command: str, **extra: str):
    """`textual serve COMMAND`, and a browser's socket to it."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(BIN / "textual", "serve", "--host", "127.0.0.1", "--port", str(port), command),
        env={**home.environment, "PATH": f"{BIN}:{home.environment['PATH']}", **extra},
        cwd=home.workspace,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with ClientSession() as session:
            assert "textual" in await page(session, f"http://127.0.0.1:{port}/")
            address = f"http://127.0.0.1:{port}/ws?width=80&height=24"
            async with session.ws_connect(address) as browser:
                yield browser
    finally:
        process.terminate()
        await process.wait()


async def test_the_app_is_painted_and_takes_keys_in_a_browser(home: Home):
    async with textual_serve(home, "loom --demo") as browser:
        await until(browser, "This is the demo")
        await browser.send_str(json.dumps(["stdin", "\r"]))
        await until(browser, "Allow bash?")


async def test_plain_textual_serve_offers_the_last_thread(home: Home, run):
    async with FakeProvider([Turn(Say("Yes."))]) as fake:
        done = await run("-p", "Is it green?", **variables("anthropic", fake))
        assert done.status == 0
    async with textual_serve(home, "loom") as browser:
        await until(browser, "Last here: “Is it green?”")
        await browser.send_str(json.dumps(["stdin", "\x14"]))
        await until(browser, "Is it green?")
