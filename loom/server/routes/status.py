"""`GET /health`, `GET /metrics` and `GET /api/models`: the server about itself."""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web
from msgspec.structs import replace

from loom import __version__
from loom.api.health import AccountHealth, Component, Health, Mode, ProviderHealth, Status, Version
from loom.api.models import ModelInfo, ModelList
from loom.api.times import rfc3339
from loom.core.errors import StoreError
from loom.server.areas import Area
from loom.server.audit.log import AuditState
from loom.server.chosen_org import org_of
from loom.server.database import Database
from loom.server.keys import (
    ACCESS_LOG,
    ACCOUNTS,
    AUDIT,
    BOOKS,
    COMPONENTS,
    CONFIG,
    DATABASE,
    FLAGS,
    METRICS,
    MODELS,
)
from loom.server.llm.base import LocalProvider
from loom.server.metrics import CONTENT_TYPE
from loom.server.provider_pool.pool import AccountPool
from loom.server.responses import json_response
from loom.server.routing import Access, Route
from loom.server.search import ENGINES

DATABASE_TIMEOUT = 0.5

_TELLING = ("database", "llm_providers", "audit")
"""The components of which the whole is no better than the worst; with others it is degraded."""


async def health(request: web.Request) -> web.Response:
    """The server's components; 503 when one that it cannot do without fails."""
    start = time.perf_counter()
    components = {
        "database": await _database(request.app[DATABASE]),
        "llm_providers": _providers([*request.app[ACCOUNTS]]),
    }
    if request.app[CONFIG].is_team:
        components["audit"] = _audit(request.app[AUDIT].state)
    others = {name: _told(tell) for name, tell in request.app[COMPONENTS].items()}
    components |= others
    for name in ENGINES:
        configured = ENGINES[name](request.app[CONFIG].search).is_configured
        status: Status = "healthy" if configured else "unknown"
        components[name] = Component(status, configured=configured)
    report = Health(
        _overall(
            *(components[name] for name in _TELLING if name in components),
            *(Component("degraded") for each in others.values() if _is_ill(each)),
        ),
        rfc3339(time.time_ns() // 1_000_000),
        round((time.perf_counter() - start) * 1000, 3),
        Version(__version__),
        components,
    )
    return json_response(report, 503 if report.status in ("unhealthy", "unknown") else 200)


async def metrics(request: web.Request) -> web.Response:
    """Everything counted, in the Prometheus text format."""
    request.app[ACCESS_LOG].flush()
    measures = request.app[METRICS]
    for pool in request.app[ACCOUNTS]:
        for account in pool.accounts:
            is_able = account.state(pool.clock()) == "available"
            measures.account_available.set(is_able, pool.name, account.name)
    text = measures.text().encode()
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})


async def models(request: web.Request) -> web.Response:
    """What a model picker shows: what the caller's organization allows, and what is turned off."""
    every = await request.app[MODELS].all()
    policies, org = request.app[BOOKS].policies, org_of(request)
    allowed = (each for each in every if policies.is_allowed(org, each.provider, each.model))
    return json_response(ModelList(tuple(_unless_off(request, org, each) for each in allowed)))


def _unless_off(request: web.Request, org: str, model: ModelInfo) -> ModelInfo:
    switch = request.app[FLAGS].killed(f"provider.{model.provider}", org)
    return model if switch is None else replace(model, is_configured=False, off=switch.reason)


def _told(tell: Callable[[], Component]) -> Component:
    try:
        return tell()
    except StoreError as error:
        return Component("unhealthy", error=type(error).__name__)


async def _database(database: Database) -> Component:
    start = time.perf_counter()
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT):
            await database.query("SELECT 1")
    except TimeoutError:
        return Component("unhealthy", error=f"no answer within {DATABASE_TIMEOUT:g} s")
    except (StoreError, ValueError) as error:
        # aiosqlite raises ValueError for a connection that is closed.
        return Component("unhealthy", error=type(error).__name__)
    return Component("healthy", latency_ms=round((time.perf_counter() - start) * 1000, 3))


def _is_ill(component: Component) -> bool:
    """Not well, although it is set up."""
    return component.status != "healthy" and component.configured is not False


def _audit(state: AuditState) -> Component:
    """Without it the server goes on, and says so."""
    text = f"{state.error} ({state.waiting} lines wait)" if state.error else ""
    return Component("degraded" if state.error else "healthy", error=text)


def _providers(pools: list[AccountPool]) -> Component:
    """Healthy with a provider that has a model behind it; the demo alone is not enough."""
    states = tuple(_provider(each) for each in pools)
    real = {pool.name for pool in pools if not isinstance(pool.accounts[0].provider, LocalProvider)}
    is_served = any(each.status == "healthy" for each in states if each.name in real)
    return Component("healthy" if is_served else "degraded", providers=states)


def _provider(pool: AccountPool) -> ProviderHealth:
    if not pool.is_configured:
        return ProviderHealth(pool.name, "unknown", "none")
    mode: Mode = "api_key" if pool.accounts[0].provider.settings.api_key else "no_key"
    now = pool.clock()
    if pool.is_single:
        return ProviderHealth(pool.name, "healthy", mode)
    states = tuple(AccountHealth(each.name, each.state(now)) for each in pool.accounts)
    able = sum(each.state == "available" for each in states)
    status: Status = "healthy" if able == len(states) else "degraded" if able else "unhealthy"
    return ProviderHealth(pool.name, status, mode, states)


def _overall(*components: Component) -> Status:
    order: tuple[Status, ...] = ("unhealthy", "unknown", "degraded", "healthy")
    return min((component.status for component in components), key=order.index)


ROUTES = (
    Route("GET", "/health", health, Access.PUBLIC, gives=Health),
    Route("GET", "/metrics", metrics, Access.PUBLIC),
    Route("GET", "/api/models", models, Access.SIGNED_IN, scope="llm:use", gives=ModelList),
)

AREA = Area(lambda app: ROUTES)
