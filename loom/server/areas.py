"""What the application is made of: modules that bring routes and what is opened with them.

A module of an area offers `AREA`. Those of a team are imported by a team's server alone, so that
the server inside the app starts without them.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

from aiohttp import web

from loom.server.jobs.job import Job
from loom.server.routing import Route

EVERYWHERE = (
    "loom.server.routes.usage",
    "loom.server.routes.status",
    "loom.server.routes.search",
    "loom.server.routes.flags",
    "loom.server.routes.flag_stream",
    "loom.server.routes.native",
    "loom.server.routes.proxy",
)

TEAM = (
    "loom.server.routes.provider_accounts",
    "loom.server.routes.budgets",
    "loom.server.routes.proxy_settings",
    "loom.server.routes.openapi",
    "loom.server.routes.account",
    "loom.server.routes.audit",
    "loom.server.routes.flag_control",
    "loom.server.routes.orgs",
    "loom.server.routes.members",
    "loom.server.routes.teams",
    "loom.server.routes.invitations",
    "loom.server.routes.invitation_page",
    "loom.server.routes.join_requests",
    "loom.server.routes.api_keys",
    "loom.server.routes.threads",
    "loom.server.routes.shares",
    "loom.server.routes.shared",
    "loom.server.routes.users",
    "loom.server.routes.login",
    "loom.server.routes.account_page",
    "loom.server.routes.magic_link",
    "loom.server.routes.device",
    "loom.server.routes.sessions",
    "loom.server.routes.restore",
    "loom.server.routes.admin_users",
    "loom.server.routes.impersonation",
    "loom.server.routes.federated",
    # Last: jobs begin when all that they work on is open, and end before it is closed.
    "loom.server.routes.jobs",
)


@dataclass(frozen=True)
class Area:
    """One area's part of the application.

    Attributes:
        routes: its table, for this application.
        opens: runs its first half before the first request and its second when all is over.
        jobs: what it does by itself from time to time.
    """

    routes: Callable[[web.Application], Iterable[Route]]
    opens: Callable[[web.Application], AsyncIterator[None]] | None = None
    jobs: Callable[[web.Application], Iterable[Job]] | None = None


def areas(is_team: bool) -> Iterator[Area]:
    """The areas of a team's server, or those of a server for one person."""
    for name in EVERYWHERE + (TEAM if is_team else ()):
        area: Area = import_module(name).AREA
        yield area
