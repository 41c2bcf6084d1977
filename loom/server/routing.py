"""Routes with a class: who may call each one, decided where it is registered.

A route that was registered past `add_routes` has no class, and the application refuses to start.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from aiohttp import web

from loom.core.errors import ConfigError
from loom.server.errors import Dialect
from loom.server.principal import GlobalRole, Scope

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Access(Enum):
    """Who may call a route."""

    PUBLIC = auto()
    SIGNED_IN = auto()
    INTERNAL = auto()
    """Weavers, by their own credential; the handler checks it."""
    ADMIN = auto()
    """People with a global role, and the operator."""


@dataclass(frozen=True)
class Route:
    """One row of an area's table.

    Attributes:
        dialect: how its errors are written.
        scope: what an API key needs to call a SIGNED_IN route; None for routes of people alone.
        is_for_impersonators: although it writes and no API key may call it.
        roles: which global roles may call an ADMIN route.
        is_cross_site: other sites' pages may post to it, and so nobody is known there by cookie.
        takes: the type of the JSON body, for the API's description.
        gives: the type of the JSON answer.
        asks: a Struct whose fields are the query's parameters.
    """

    method: str
    path: str
    handler: Handler
    access: Access
    dialect: Dialect = "loom"
    scope: Scope | None = None
    roles: frozenset[GlobalRole] = frozenset({"system_admin"})
    is_for_impersonators: bool = False
    is_cross_site: bool = False
    takes: Any = None
    gives: Any = None
    asks: Any = None


ROUTES = web.AppKey("routes", dict[web.AbstractRoute, Route])


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Registers an area's table."""
    table = app.setdefault(ROUTES, {})
    for route in routes:
        table[app.router.add_route(route.method, route.path, route.handler)] = route


def require_classes(app: web.Application) -> None:
    """Raises ConfigError when a route was registered without saying who may call it."""
    for registered in app.router.routes():
        if registered not in app[ROUTES]:
            raise ConfigError(f"the route {registered} does not say who may call it")
