"""`loom --server`: the server as a process of its own."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import TextIO, cast

import uvloop
from aiohttp import web

from loom.core.errors import ConfigError
from loom.log import LogFormat, start_logging, stop_logging
from loom.redact import Redactor
from loom.server.app import Runner, make_app, make_runner
from loom.server.config import ServerConfig
from loom.server.greeting import greeting
from loom.server.keys import RELOADS
from loom.server.reloads import Reloads, reload
from loom.server.tls import load_certificate, tls_context
from loom.server.token import with_token
from loom.server.whereabouts import told

log = logging.getLogger("loom.server")

INTERRUPTED = 130


def run_daemon(
    config: ServerConfig,
    output: TextIO | None = None,
    errors: TextIO | None = None,
    reread: Callable[[], ServerConfig] | None = None,
) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit status.

    On the first signal no new connections are taken and open streams get `timeout_drain` seconds
    to end; a second signal ends them at once. SIGHUP has the settings read again.

    Args:
        output: told the address and where the token is, once the server listens; else stdout.
        errors: gets the log; else stderr.
        reread: the settings as they are now, for SIGHUP, which is ignored without it.

    Raises:
        ConfigError: the token cannot be kept, or the address cannot be listened on.
    """
    is_given = config.token is not None
    config = with_token(config)
    redactor = Redactor()
    errors = errors or sys.stderr
    kind = _log_format(config.log_format, errors)
    handler = start_logging(errors, redactor, kind, config.log_level.upper())
    token = "LOOM_SERVER_TOKEN" if is_given else str(config.token_path)
    try:
        uvloop.run(_serve(config, redactor, output or sys.stdout, token, reread))
    except asyncio.CancelledError:
        return INTERRUPTED
    finally:
        stop_logging(handler)
    return 0


def _log_format(setting: str, stream: TextIO) -> LogFormat:
    if setting == "auto":
        return "human" if stream.isatty() else "json"
    return cast(LogFormat, setting)


async def _serve(
    config: ServerConfig,
    redactor: Redactor,
    output: TextIO,
    token: str,
    reread: Callable[[], ServerConfig] | None,
) -> None:
    runner = make_runner(make_app(config, redactor=redactor))
    stopping = _on_signals()
    _on_hangup(runner.app[RELOADS], reread)
    try:
        await runner.setup()
        await _listen(runner, config)
        url = _url(runner, config)
        with told(config.address_path, url, config.http.tls_cert):
            output.write(await greeting(runner.app, url, token))
            output.flush()
            _calm_collector()
            await stopping.wait()
            log.info("stopping")
    finally:
        await runner.cleanup()


def _calm_collector() -> None:
    """What was made at the start lives as long as the process: Python's collector, which clients
    that leave keep busy, looks through it no more.
    """
    gc.collect()
    gc.freeze()


async def _listen(runner: Runner, config: ServerConfig) -> None:
    context = tls_context(config.http)
    if context is not None:
        runner.app[RELOADS].always(lambda new: load_certificate(context, new.http))
    try:
        await web.TCPSite(runner, config.host, config.port, ssl_context=context).start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ConfigError(
            f"cannot listen on {config.host}:{config.port}: {reason}",
            "Choose another with --host and --port.",
        ) from error


def _url(runner: web.AppRunner, config: ServerConfig) -> str:
    port = runner.addresses[0][1]
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"{'https' if config.http.is_tls else 'http'}://{host}:{port}"


def _on_hangup(reloads: Reloads, reread: Callable[[], ServerConfig] | None) -> None:
    reloads.on("log_level", lambda new: logging.getLogger().setLevel(new.log_level.upper()))
    loop = asyncio.get_running_loop()
    if reread is None:
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
    else:
        loop.add_signal_handler(signal.SIGHUP, reload, reloads, reread)


def _on_signals() -> asyncio.Event:
    """An event that the first signal sets; the next one cancels the caller."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    serving = asyncio.current_task()

    def on_signal() -> None:
        if stopping.is_set() and serving is not None:
            serving.cancel()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stopping
