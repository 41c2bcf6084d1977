"""`textual serve "loom --demo"`: the same app, its screen sent to a browser's socket."""

import asyncio
import json
import re
import socket
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import ClientSession, WSMsgType

from tests.e2e.browser import Tab, chromium
from tests.e2e.conftest import Home
from tests.e2e.providers import variables
from tests.fakes.dictation import dictated
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
async def serving(home: Home, command: str, **extra: str):
    """`textual serve COMMAND`; the page's address."""
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
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def textual_serve(home: Home, command: str, **extra: str):
    """A browser's socket to `textual serve COMMAND`."""
    async with (
        serving(home, command, **extra) as url,
        ClientSession() as session,
        session.ws_connect(f"{url}/ws?width=80&height=24") as browser,
    ):
        yield browser


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


async def test_a_copy_is_in_the_browsers_clipboard_and_claims_no_more(home: Home):
    async with (
        dictated() as model,
        chromium() as context,
        serving(home, "loom", **model.environment) as url,
    ):
        tab = Tab(await context.new_page())
        await tab.page.goto(url)
        await tab.until("ready", "0% of", "Ask Loom")
        await tab.page.click(".xterm-screen")
        await said(tab, "say it")
        model.say("copy me")
        model.end()
        await tab.until("copy me", "ready")
        await said(tab, "/copy ")
        await tab.until("sent to the browser")
        assert "Copied" not in tab.text
        async with asyncio.timeout(20):
            while await tab.page.evaluate("navigator.clipboard.readText()") != "copy me":
                await asyncio.sleep(0.05)
        await tab.page.close()  # textual serve ends late while somebody looks


async def said(tab: Tab, text: str) -> None:
    await tab.type(text)
    await tab.until(f"› {text.strip()}")
    await tab.key("Enter")
