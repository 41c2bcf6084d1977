"""What requests find in the application, looked up once.

aiohttp's own way there, by the request and a key, costs about as much as a small step of the work
does; a request to a model takes some thirty of them.
"""

from collections.abc import Callable
from functools import cached_property

from aiohttp import web

from loom.server import keys
from loom.server.access_log import AccessLog
from loom.server.audit.log import AuditLog
from loom.server.auth.authenticator import Authenticator
from loom.server.flags.switchboard import Switchboard
from loom.server.metrics import Metrics
from loom.server.outbound.pool import Pool
from loom.server.provider_pool.pools import AccountPools
from loom.server.routing import ROUTES, Route
from loom.server.silent_connections import SilentConnections
from loom.server.spending.books import Books


class Desk:
    """An application's parts; each must be there when it is first asked for."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    def route(self, request: web.Request) -> Route | None:
        """The row that the request meets; None when nothing is there."""
        return self._routes.get(request.match_info.route)

    @cached_property
    def _routes(self) -> dict[web.AbstractRoute, Route]:
        return self._app[ROUTES]

    @cached_property
    def access_log(self) -> AccessLog:
        """A line for each request."""
        return self._app[keys.ACCESS_LOG]

    @cached_property
    def accounts(self) -> AccountPools:
        """Of every provider."""
        return self._app[keys.ACCOUNTS]

    @cached_property
    def audit(self) -> AuditLog:
        """The audit log."""
        return self._app[keys.AUDIT]

    @cached_property
    def authenticator(self) -> Authenticator:
        """Knows whom a credential stands for."""
        return self._app[keys.AUTHENTICATOR]

    @cached_property
    def books(self) -> Books:
        """What the proxy's requests cost, and may."""
        return self._app[keys.BOOKS]

    @cached_property
    def clock(self) -> Callable[[], int]:
        """Unix milliseconds."""
        return self._app[keys.CLOCK]

    @cached_property
    def flags(self) -> Switchboard:
        """Flags and kill switches."""
        return self._app[keys.FLAGS]

    @cached_property
    def metrics(self) -> Metrics:
        """What the server counts about itself."""
        return self._app[keys.METRICS]

    @cached_property
    def pool(self) -> Pool:
        """Connections to providers."""
        return self._app[keys.POOL]

    @cached_property
    def silent_connections(self) -> SilentConnections:
        """Those that have not made a request yet."""
        return self._app[keys.SILENT_CONNECTIONS]


DESK = web.AppKey("desk", Desk)
