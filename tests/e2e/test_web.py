"""`loom web` in a real Chromium: login, screen, and the way back after the network drops."""

import asyncio
import os
import re
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from tests.e2e.browser import Tab, chromium
from tests.e2e.conftest import LOOM, Home
from tests.e2e.providers import variables
from tests.e2e.relay import Relay
from tests.e2e.test_attach import FIRST, counting
from tests.e2e.test_browser import free_port
from tests.fakes.providers import FakeProvider

PICTURES = os.environ.get("LOOM_PICTURES", "")
"""A folder for screenshots, to be looked at."""


@dataclass(frozen=True)
class Served:
    """A running `loom web`: how browsers reach it, through a network that can be cut."""

    url: str
    token: str
    relay: Relay
    port: int

    @property
    def login(self) -> str:
        return f"{self.url}/login#{self.token}"


@asynccontextmanager
async def serving(home: Home, *words: str, **extra: str):
    port = free_port()
    async with Relay.to(port) as relay:
        url = f"http://127.0.0.1:{relay.port}"
        process = await asyncio.create_subprocess_exec(
            *LOOM, "web", "--port", str(port), "--public-url", url, *words,
            env={**home.environment, **extra}, cwd=home.workspace,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=sys.stderr,
        )  # fmt: skip
        try:
            async with asyncio.timeout(20):
                line = (await process.stdout.readline()).decode()
            yield Served(url, line.strip().rpartition("#")[2], relay, port)
        finally:
            process.terminate()
            await process.wait()


@pytest.fixture
async def served(home: Home, run, stack: AsyncExitStack):
    """`loom web` whose model is a fake that counts."""
    fake = await stack.enter_async_context(FakeProvider(counting))
    async with serving(home, "--mode", "auto", **variables("anthropic", fake)) as running:
        yield running
    await run("daemon", "stop")


@pytest.fixture
async def tab(served: Served, stack: AsyncExitStack) -> Tab:
    """Logged in, and ready."""
    context = await stack.enter_async_context(chromium())
    tab = Tab(await context.new_page())
    await tab.page.goto(served.login)
    await tab.until("Ask anything", "ready")
    return tab


async def picture(tab: Tab, name: str) -> bytes:
    # What was received is drawn with the next frame.
    await tab.page.evaluate("new Promise(r => requestAnimationFrame(() => setTimeout(r)))")
    pixels = await tab.page.screenshot(animations="disabled")
    if PICTURES:
        with open(f"{PICTURES}/{name}.png", "wb") as file:
            file.write(pixels)
    return pixels


async def test_the_app_is_painted_takes_keys_streams_and_fits_its_window(tab: Tab):
    empty = await picture(tab, "web-first")
    assert "#" not in tab.page.url
    await tab.type("hello from a browser")
    await tab.until("hello from a browser")
    await tab.key("Enter")
    await tab.until("You said: hello from a browser", "ready")
    assert await picture(tab, "web-answer") != empty
    before = tab.size
    await tab.page.set_viewport_size({"width": 1400, "height": 900})
    await tab.when(
        lambda: tab.size > before and "ready" in tab.text.splitlines()[-1],
        "the status on a larger screen's last line",
    )
    await tab.until("You said: hello from a browser")
    await picture(tab, "web-large")


async def test_what_is_copied_is_in_the_browsers_clipboard(tab: Tab):
    await tab.type("copy me")
    await tab.key("Enter")
    await tab.until("You said: copy me", "ready")
    await tab.type("/copy ")
    await tab.key("Enter")
    async with asyncio.timeout(20):
        while "You said: copy me" not in await tab.page.evaluate("navigator.clipboard.readText()"):
            await asyncio.sleep(0.05)


async def test_the_mouse_reaches_the_app(tab: Tab):
    await tab.key("Control+t")
    await tab.until("Search")
    await tab.page.mouse.wheel(0, 100)
    await tab.page.mouse.click(600, 580)
    await tab.type("typed where the mouse was")
    await tab.until("typed where the mouse was")


async def test_a_lost_connection_comes_back_to_the_running_turn(served: Served, tab: Tab):
    await tab.type("count")
    await tab.key("Enter")
    await tab.until("at 1")
    served.relay.cut()
    await tab.page.wait_for_selector("#state[data-state=lost]")
    await picture(tab, "web-lost")
    seen, sockets = number_on(tab), tab.sockets
    served.relay.mend()
    await tab.when(lambda: tab.sockets > sockets, "another connection")
    await tab.until(FIRST, "count", "running tools")
    await tab.when(lambda: number_on(tab) > seen + 1, "the output going on")
    await picture(tab, "web-back")
    await tab.key("Escape")
    await tab.until("Stopped.")


async def test_a_tab_that_is_reloaded_shows_its_thread_and_another_tab_its_own(tab: Tab):
    await tab.type("mine")
    await tab.key("Enter")
    await tab.until("You said: mine", "ready")
    other = Tab(await tab.page.context.new_page())
    await other.page.goto(tab.page.url)
    await other.until("Ask anything", "ready")
    assert "You said: mine" not in other.text
    await tab.page.reload()
    await tab.until("You said: mine", "ready")


async def test_leaving_is_said_and_can_be_taken_back(tab: Tab):
    await tab.key("Control+d")
    await tab.page.wait_for_selector("#state[data-state=ended]")
    await picture(tab, "web-left")
    await tab.page.click("#state button")
    await tab.until("ready")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_shown_without_the_token(served: Served, stack, scheme):
    context = await stack.enter_async_context(chromium())
    tab = Tab(await context.new_page())
    await tab.page.emulate_media(color_scheme=scheme)
    await tab.page.set_viewport_size({"width": 390, "height": 700})
    await tab.page.goto(served.url)
    assert tab.page.url.endswith("/login")
    await tab.page.fill("#token", "not the token")
    await tab.page.click("button")
    await tab.page.wait_for_selector("text=That is not the token.")
    await picture(tab, f"web-login-{scheme}")
    assert tab.sockets == 0
    await tab.page.fill("#token", served.token)
    await tab.page.click("button")
    await tab.until("ready")


async def logged_in(session: ClientSession, served: Served) -> None:
    origin = {"Origin": served.url}
    async with session.post(
        f"{served.url}/login", data={"token": served.token}, headers=origin
    ) as answer:
        assert answer.status == 200
        (cookie,) = answer.history[0].headers.getall("Set-Cookie")
        assert {"HttpOnly", "SameSite=Strict"} <= set(re.split(r"; ?", cookie))


async def refusal(session: ClientSession, served: Served, **headers: str) -> int:
    try:
        async with session.ws_connect(f"{served.url}/ws/{'a' * 32}", headers=headers):
            return 101
    except WSServerHandshakeError as error:
        return error.status


async def test_a_socket_needs_the_cookie_and_our_own_origin(served: Served):
    from aiohttp import CookieJar

    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        assert await refusal(session, served, Origin=served.url) == 401
        await logged_in(session, served)
        for foreign in ("http://evil.example", "null", served.url.replace("127.0.0.1", "a.b")):
            assert await refusal(session, served, Origin=foreign) == 403
        assert await refusal(session, served) == 403
        foreign_name = {"Origin": "http://evil.example", "Host": "evil.example"}
        assert await refusal(session, served, **foreign_name) == 403
        assert await refusal(session, served, Origin=served.url) == 101


@pytest.mark.parametrize(
    "path", ["/alive", "/app.js", "/static/js/textual.js", "/static/", "/download/x", "/ws", "/no"]
)
async def test_every_path_but_the_logins_needs_the_cookie(served: Served, path):
    async with ClientSession() as session, session.get(served.url + path) as answer:
        assert answer.status in (401, 403)
        assert "Token" in await answer.text()


async def test_guessing_is_slowed_down(served: Served):
    async with ClientSession(headers={"Origin": served.url}) as session:
        statuses = []
        for _ in range(7):
            async with session.post(f"{served.url}/login", data={"token": "guess"}) as answer:
                statuses.append(answer.status)
        assert statuses == [403] * 5 + [429] * 2


async def test_an_open_address_is_warned_about(home: Home):
    words = ("web", "--host", "0.0.0.0", "--port", str(free_port()))
    process = await asyncio.create_subprocess_exec(
        *LOOM, *words, env=home.environment, cwd=home.workspace,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(20):
        assert b"nothing here encrypts" in await process.stderr.readline()
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_a_port_that_is_taken_is_one_line(served: Served, run):
    done = await run("web", "--port", str(served.port))
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert "cannot listen" in done.err


def number_on(tab: Tab) -> int:
    return max((int(number) for number in re.findall(r"at (\d+)", tab.text)), default=0)
