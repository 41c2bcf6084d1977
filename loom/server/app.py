"""The aiohttp application: middleware, routes, and what is opened and closed with it."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from loom import __version__
from loom.core.errors import ConfigError
from loom.redact import Redactor
from loom.secrets import Secret
from loom.server.access_log import AccessLog
from loom.server.areas import areas
from loom.server.audit.chain import Seal
from loom.server.audit.event import AuditEvent
from loom.server.audit.log import AuditLog
from loom.server.auth.authenticator import Authenticator
from loom.server.background import running
from loom.server.config import ServerConfig
from loom.server.database import opened
from loom.server.desk import DESK, Desk
from loom.server.flags.listeners import Listeners
from loom.server.flags.switchboard import Switchboard
from loom.server.http_session import upstream_session
from loom.server.keys import (
    ACCESS_LOG,
    ACCOUNTS,
    AUDIT,
    AUTHENTICATOR,
    BACKGROUND,
    CLOCK,
    COMPONENTS,
    CONFIG,
    DATABASE,
    FLAGS,
    JOBS,
    LISTENERS,
    METRICS,
    MODELS,
    POOL,
    PROVIDERS,
    REDACTOR,
    RELOADS,
    SILENT_CONNECTIONS,
    STORAGE,
    UPSTREAM,
)
from loom.server.llm.base import Provider
from loom.server.llm.providers import PROVIDERS as PROVIDER_ROWS
from loom.server.llm.providers import make_provider
from loom.server.metrics import Metrics
from loom.server.middleware import middlewares, put_request_id
from loom.server.model_lists import ModelLists
from loom.server.outbound.pool import Pool
from loom.server.provider_pool.pools import AccountPools
from loom.server.reloads import Reloads
from loom.server.response_headers import put_headers
from loom.server.routing import add_routes, require_classes
from loom.server.shortcuts import Shortcuts
from loom.server.silent_connections import SilentConnections
from loom.server.storage import Storage

SILENT_CLIENT_TIMEOUT = 75.0
"""Seconds that an idle connection is kept: longer than usual clients keep theirs."""


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def make_app(
    config: ServerConfig,
    providers: Mapping[str, Provider] | None = None,
    redactor: Redactor | None = None,
    clock: Callable[[], int] = now_ms,
) -> web.Application:
    """The server, ready to be run by `make_runner`.

    Args:
        config: with a token (`loom.server.token.with_token`).
        providers: by name; None makes every row of PROVIDERS from the settings.
        redactor: the process's own; it learns the settings' secrets.
        clock: Unix milliseconds.

    Raises:
        ConfigError: there is no token, or a route does not say who may call it.
    """
    if config.token is None:
        raise ConfigError("the server has no token", "Set LOOM_SERVER_TOKEN.")
    redactor = redactor or Redactor()
    redactor.learn(config.secrets())
    app = web.Application(client_max_size=config.body_limit)
    app[DESK] = Desk(app)
    app.middlewares.extend(middlewares(config.http, app[DESK]))
    made = _providers(config) if providers is None else dict(providers)
    _furnish(app, config, redactor, clock)
    _provide(app, made)
    app.on_response_prepare.extend((put_request_id, put_headers))
    app.cleanup_ctx.extend((_access_log, _upstream, _database, _audit, _background))
    for area in areas(config.is_team):
        add_routes(app, area.routes(app))
        app[JOBS].extend(area.jobs(app) if area.jobs is not None else ())
        if area.opens is not None:
            app.cleanup_ctx.append(area.opens)
    require_classes(app)
    return app


def _furnish(
    app: web.Application, config: ServerConfig, redactor: Redactor, clock: Callable[[], int]
) -> None:
    """What handlers find in the application before anything is opened."""
    app[CONFIG] = config
    app[CLOCK] = clock
    app[AUDIT] = AuditLog(clock, Seal(config.audit.key), redactor, is_kept=config.is_team)
    app[REDACTOR] = redactor
    app[RELOADS] = Reloads(config)
    app[RELOADS].always(lambda new: redactor.learn(new.secrets()))
    app[STORAGE] = Storage(config.storage)
    app[RELOADS].on("storage", lambda new: app[STORAGE].take(new.storage))
    app[METRICS] = Metrics()
    app[ACCESS_LOG] = AccessLog(logging.getLogger("loom.server"), app[METRICS])
    app[COMPONENTS] = {}
    app[LISTENERS] = Listeners()
    app[FLAGS] = Switchboard(app[LISTENERS])
    app[JOBS] = []
    app[SILENT_CONNECTIONS] = SilentConnections(config.http.timeout_head)


def _provide(app: web.Application, made: dict[str, Provider]) -> None:
    app[PROVIDERS] = made
    app[ACCOUNTS] = AccountPools(made)
    app[RELOADS].on("providers", lambda new: _take_providers(app, new))


def _one_line_each(log: logging.Logger) -> logging.Logger:
    """`log` without the stack traces that anybody could fill it with by bad requests."""

    def shortened(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args = "a request that is no HTTP", None
            record.exc_info = None
        return True

    log.addFilter(shortened)
    return log


class Runner(web.AppRunner):
    """Runs the application as every host of it does.

    A handler is cancelled when its client goes away (aiohttp's default is to let it run on), and
    on stopping open streams get `timeout_drain` seconds to end. Connections that say nothing are
    closed.
    """

    def __init__(self, app: web.Application) -> None:
        super().__init__(
            app,
            handler_cancellation=True,
            access_log=None,
            logger=_one_line_each(logging.getLogger("loom.server.http")),
            keepalive_timeout=SILENT_CLIENT_TIMEOUT,
            shutdown_timeout=app[CONFIG].timeout_drain,
        )

    async def setup(self) -> None:
        """Opens what the application needs."""
        await super().setup()
        if self.server is not None:
            self.app[BACKGROUND].spawn(self.app[SILENT_CONNECTIONS].watch(self.server))
            self.server.request_handler = Shortcuts(self.app, self.server.request_handler).serve


def make_runner(app: web.Application) -> Runner:
    """The runner that every host of the application uses."""
    return Runner(app)


def _providers(config: ServerConfig) -> dict[str, Provider]:
    return {name: make_provider(config.providers[name]) for name in PROVIDER_ROWS}


def _take_providers(app: web.Application, config: ServerConfig) -> None:
    """New requests go by the new settings; those that run end as they began."""
    made = _providers(config)
    app[PROVIDERS].update(made)
    app[ACCOUNTS].replace(made)


async def _access_log(app: web.Application) -> AsyncIterator[None]:
    yield
    app[ACCESS_LOG].flush()


async def _upstream(app: web.Application) -> AsyncIterator[None]:
    async with upstream_session() as session, Pool() as pool:
        app[UPSTREAM] = session
        app[POOL] = pool
        providers = app[PROVIDERS]
        app[MODELS] = ModelLists(pool, providers)
        yield


async def _database(app: web.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    async with opened(config.db_path) as database:
        app[DATABASE] = database
        accounts = database if config.is_team else None
        operator, look = config.token or Secret(""), app[LISTENERS].look_again
        app[AUTHENTICATOR] = Authenticator(operator, accounts, app[CLOCK], look)
        yield


async def _audit(app: web.Application) -> AsyncIterator[None]:
    log, clock = app[AUDIT], app[CLOCK]
    async with log.writing(app[DATABASE]):
        # A start without a stop before it tells of a server that was killed.
        log.add(AuditEvent("server.start", clock(), details={"version": __version__}))
        yield
        log.add(AuditEvent("server.stop", clock()))


async def _background(app: web.Application) -> AsyncIterator[None]:
    async with running() as background:
        app[BACKGROUND] = background
        yield
