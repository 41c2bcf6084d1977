"""What the daemon gives a session whose terms come from another process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from loom.agent.services import Services
from loom.cli.plan import Plan
from loom.cli.services import Server, agent_settings, named_server, server_at, services_of
from loom.config.check import to_settings
from loom.core.errors import SessionError
from loom.host.daemon import Equip
from loom.host.frames import Terms
from loom.host.sessions import Kit
from loom.secrets import Secret


@asynccontextmanager
async def outfitter(services: Services) -> AsyncIterator[Equip]:
    """Makes kits around the daemon's own store and server; servers named in terms are kept."""
    async with AsyncExitStack() as stack:
        own = Server(services.model, services.search, services.news)
        servers: dict[tuple[str, str], Server] = {("", ""): own}

        async def server_of(key: tuple[str, str]) -> Server:
            if key not in servers:
                find = named_server(key[0], Secret(key[1]))
                servers[key] = await stack.enter_async_context(server_at(find))
            return servers[key]

        async def equip(terms: Terms) -> Kit:
            plan = plan_of(terms)
            server = await server_of((plan.settings.server_url, terms.token))
            return Kit(await services_of(plan, services.store, server), agent_settings(plan))

        yield equip


def plan_of(terms: Terms) -> Plan:
    """The caller's plan. Raises ConfigError, SessionError."""
    workspace = Path(terms.workspace)
    if not workspace.is_absolute():
        raise SessionError(f"{terms.workspace!r} is not the whole path of a folder")
    settings = replace(to_settings(terms.settings, "the caller's settings"), token=None)
    return Plan(workspace, settings, terms.environment, allowed=terms.allowed)
