"""The aiohttp application: middleware, routes, and what is opened and closed with it."""

import logging
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from loom.core.errors import ConfigError
from loom.redact import Redactor
from loom.server.access_log import AccessLog
from loom.server.config import ServerConfig
from loom.server.database import opened
from loom.server.keys import (
    ACCESS_LOG,
    CONFIG,
    DATABASE,
    METRICS,
    MODELS,
    PROVIDERS,
    REDACTOR,
    UPSTREAM,
)
from loom.server.llm.base import Provider
from loom.server.llm.providers import PROVIDERS as PROVIDER_ROWS
from loom.server.llm.providers import make_provider
from loom.server.metrics import Metrics
from loom.server.middleware import MIDDLEWARES, put_request_id
from loom.server.model_lists import ModelLists
from loom.server.routes import proxy, search, status
from loom.server.routes.native import native_routes
from loom.server.routing import add_routes, require_classes
from loom.server.upstream import upstream_session

SILENT_CLIENT_TIMEOUT = 75.0
"""Seconds that an idle connection is kept: longer than usual clients keep theirs."""


def make_app(
    config: ServerConfig,
    providers: Mapping[str, Provider] | None = None,
    redactor: Redactor | None = None,
) -> web.Application:
    """The server, ready to be run by `make_runner`.

    Args:
        config: with a token (`loom.server.token.with_token`).
        providers: by name; None makes every row of PROVIDERS from the settings.
        redactor: the process's own; it learns the settings' secrets.

    Raises:
        ConfigError: there is no token, or a route does not say who may call it.
    """
    if config.token is None:
        raise ConfigError("the server has no token", "Set LOOM_SERVER_TOKEN.")
    redactor = redactor or Redactor()
    for secret in config.secrets():
        redactor.add(secret)
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=config.body_limit)
    app[CONFIG] = config
    app[REDACTOR] = redactor
    app[METRICS] = Metrics()
    app[ACCESS_LOG] = AccessLog(logging.getLogger("loom.server"))
    app[PROVIDERS] = _providers(config) if providers is None else providers
    app.on_response_prepare.append(put_request_id)
    app.cleanup_ctx.extend((_access_log, _upstream, _database))
    for table in (status.ROUTES, search.ROUTES, native_routes(app[PROVIDERS]), proxy.ROUTES):
        add_routes(app, table)
    require_classes(app)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """The runner that every host of the application uses.

    A handler is cancelled when its client goes away (aiohttp's default is to let it run on), and
    on stopping open streams get `timeout_drain` seconds to end.
    """
    return web.AppRunner(
        app,
        handler_cancellation=True,
        access_log=None,
        keepalive_timeout=SILENT_CLIENT_TIMEOUT,
        shutdown_timeout=app[CONFIG].timeout_drain,
    )


def _providers(config: ServerConfig) -> Mapping[str, Provider]:
    return {name: make_provider(config.providers[name]) for name in PROVIDER_ROWS}


async def _access_log(app: web.Application) -> AsyncIterator[None]:
    yield
    app[ACCESS_LOG].flush()


async def _upstream(app: web.Application) -> AsyncIterator[None]:
    async with upstream_session() as session:
        app[UPSTREAM] = session
        app[MODELS] = ModelLists(session, app[PROVIDERS])
        yield


async def _database(app: web.Application) -> AsyncIterator[None]:
    async with opened(app[CONFIG].db_path) as connection:
        app[DATABASE] = connection
        yield
