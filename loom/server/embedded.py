"""The server inside the app's process: same routes, own thread, own event loop, a Unix socket.

Importing this module costs nothing; aiohttp is imported by the server's own worker.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace

from loom.core.errors import SessionError
from loom.directories import runtime_directory
from loom.redact import Redactor
from loom.secrets import Secret
from loom.server.config import ServerConfig
from loom.server.sockets import private_socket
from loom.server.token import new_token

log = logging.getLogger("loom.server")

STOP_TIMEOUT = 3.0


class EmbeddedServer:
    """A server for this process alone, behind a token that is made for this run.

    Args:
        config: its host, port and token are not used.
        environment: says where the socket goes (`loom.directories.runtime_directory`).
        redactor: learns the keys, so that the process's own log knows them too.
    """

    def __init__(
        self,
        config: ServerConfig,
        environment: Mapping[str, str],
        redactor: Redactor | None = None,
    ) -> None:
        self._config = config
        self._directory = runtime_directory(environment)
        self._redactor = redactor or Redactor()
        self._address: Future[tuple[str, Secret]] = Future()
        self._worker = threading.Thread(target=self._run, name="loom-server")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._stop: asyncio.Event | None = None

    def start(self) -> None:
        """Begins to start the server and returns at once; call it no more than once."""
        self._worker.start()
        threading.Thread(target=self._stop_at_exit, name="loom-server-exit", daemon=True).start()

    async def address(self) -> tuple[str, Secret]:
        """`unix:PATH` and the token, as soon as the server listens.

        Raises:
            LoomError: it could not start.
        """
        return await asyncio.wrap_future(self._address)

    def stop(self, timeout: float = STOP_TIMEOUT) -> bool:
        """Ends the server and its open streams within about `timeout` seconds; True when it did."""
        self._stopping.set()
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._worker.ident is not None:
            self._worker.join(timeout)
        return not self._worker.is_alive()

    def _stop_at_exit(self) -> None:
        # Python waits for the database's worker before it ends. Somebody has to close the
        # database when the program ends without `stop`, or it would wait for ever.
        threading.main_thread().join()
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # a worker's outer edge; `address` raises it
            log.exception("the embedded server failed")
            if not self._address.done():
                self._address.set_exception(error)
        if not self._address.done():
            self._address.set_exception(SessionError("the embedded server was stopped"))

    async def _serve(self) -> None:
        from aiohttp.web import SockSite

        from loom.server.app import make_app, make_runner

        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        token = new_token()
        config = replace(self._config, token=token, timeout_drain=STOP_TIMEOUT / 3, is_team=False)
        runner = make_runner(make_app(config, redactor=self._redactor))
        with private_socket(self._directory) as (path, listener):
            try:
                await runner.setup()
                await SockSite(runner, listener).start()
                self._address.set_result((f"unix:{path}", token))
                if not self._stopping.is_set():
                    await self._stop.wait()
            finally:
                await runner.cleanup()
