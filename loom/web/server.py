"""The routes of `loom web`: textual-serve's, behind the login, with pages of our own."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files

from aiohttp import web
from textual_serve.server import Server, to_int

from loom.core.errors import ConfigError
from loom.web.app_process import TabApp
from loom.web.login import COOKIE, Login, is_own_origin
from loom.web.tabs import Tabs

log = logging.getLogger("loom.web")

_OPEN = {"/login", "/login.js", "/page.css"}
"""What is served to everybody."""

_FOREIGN = "This address is not the one that Loom was told browsers use (--public-url)."

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    # no-referrer would also hide the Origin of our own form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_PAGES = {"login.html": "text/html", "app.html": "text/html", "page.css": "text/css"}
_SCRIPTS = {"login.js": "text/javascript", "app.js": "text/javascript"}

Words = Callable[[str], Sequence[str]]
"""The command of an app that shows the thread, or a new one for an empty id."""


class WebServer(Server):
    """Serves the app to browsers that logged in.

    Args:
        words: the app's command.
        tabs: remembers which thread a tab shows.
        public_url: how browsers reach it, where a proxy stands before it.
    """

    def __init__(
        self, words: Words, tabs: Tabs, login: Login, host: str, port: int, public_url: str | None
    ) -> None:
        super().__init__("loom", host, port, "Loom", public_url)
        self._words = words
        self._tabs = tabs
        self._login = login

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        app.add_routes(
            [
                web.get("/login", self._login_page),
                web.post("/login", self._log_in),
                web.get("/alive", self._alive),
                web.get("/ws/{tab}", self.handle_websocket),
                *(web.get(f"/{name}", self._file) for name in ("page.css", *_SCRIPTS)),
            ]
        )
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing: the command line does."""

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until SIGINT or SIGTERM. Raises ConfigError when it cannot listen."""
        runner = web.AppRunner(await self._make_app(), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        told = _on_signals()
        try:
            await self._listen(runner)
            on_ready()
            await told.wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self.host, self.port).start()
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {self.host}:{self.port}: {error.strerror or error}",
                "Choose another with --host and --port.",
            ) from error

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Nothing but the login page without a cookie; no foreign page may ask for more."""
        is_socket = request.path == "/ws" or request.path.startswith("/ws/")
        if (is_socket or request.method != "GET") and not is_own_origin(request, self.public_url):
            return _page("login.html", 403, said=_FOREIGN)
        if request.path in _OPEN or self._login.is_in(request):
            response = await handler(request)
        elif request.path == "/":
            response = web.HTTPFound("login")
        else:
            response = _page("login.html", 401)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _login_page(self, request: web.Request) -> web.Response:
        return _page("login.html")

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        address = request.remote or ""
        if seconds := self._login.wait_for(address):
            return _page("login.html", 429, {"Retry-After": str(seconds)}, "Too many tries; wait.")
        token = str((await request.post()).get("token", "")).strip()
        cookie = self._login.cookie_for(token, address)
        if not cookie:
            log.warning("a login from %s had a wrong token", address)
            return _page("login.html", 403, said="That is not the token.")
        response = web.HTTPSeeOther("./")
        is_secure = self.public_url.startswith("https:")
        response.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict", secure=is_secure)
        return response

    async def _alive(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _file(self, request: web.Request) -> web.Response:
        return _page(request.path.removeprefix("/"))

    async def handle_index(self, request: web.Request) -> web.Response:
        """The terminal's page."""
        size = to_int(request.query.get("fontsize", "16"), 16)
        return _page("app.html", values={"font_size": str(min(max(size, 6), 60))})

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One tab's app, until its connection or the app ends."""
        try:
            tab = request.match_info.get("tab", "")
            tab_file, thread = self._tabs.file(tab), self._tabs.thread(tab)
        except ValueError as error:
            raise web.HTTPNotFound() from error
        browser = web.WebSocketResponse(heartbeat=15)
        await browser.prepare(request)
        app = TabApp(
            self._words(thread),
            str(tab_file),
            write_bytes=browser.send_bytes,
            write_str=browser.send_str,
            close=browser.close,
            download_manager=self.download_manager,
        )
        await self._talk(request, browser, app)
        return browser

    async def _talk(
        self, request: web.Request, browser: web.WebSocketResponse, app: TabApp
    ) -> None:
        width, height = (to_int(request.query.get(name, ""), 0) for name in ("width", "height"))
        await app.start(width or 80, height or 24)
        try:
            await self._process_messages(browser, app)
        finally:
            # A browser that is gone must not keep its app from ending.
            await asyncio.shield(app.stop())


def _on_signals() -> asyncio.Event:
    """Set by SIGINT and SIGTERM from now on."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


def _page(
    name: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    said: str = "",
    values: dict[str, str] | None = None,
) -> web.Response:
    text = (files("loom.web") / "pages" / name).read_text(encoding="utf-8")
    for key, value in ({"said": said} | (values or {})).items():
        text = text.replace("{{ " + key + " }}", value)
    kind = (_PAGES | _SCRIPTS)[name]
    fresh = {"Cache-Control": "no-store"} | (headers or {})
    return web.Response(text=text, status=status, content_type=kind, headers=fresh)
