"""What one plan's sessions are given: model, tools, sandbox, and the agent's numbers."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from loom.cli.plan import Plan
from loom.core.errors import LoomError, ToolError
from loom.core.permissions import Rule, parse_rule
from loom.directories import cache_directory, config_directory, home_directory
from loom.secrets import Secret, clean_environment

if TYPE_CHECKING:
    from loom.agent.services import AgentSettings, Model, News, Services
    from loom.api.clients.shares import SharesClient
    from loom.config.settings import Settings
    from loom.sandbox import Sandbox
    from loom.threads.store import ThreadStore
    from loom.tools.base import SearchHit

KEPT_SCRATCH = 7 * 24 * 3600.0
"""Seconds for which a session's long outputs can still be read."""

Find = Callable[[], Awaitable[tuple[str, Secret]]]


class Server(NamedTuple):
    """What sessions use of a server."""

    model: "Model"
    search: "Callable[[str, int], Awaitable[tuple[SearchHit, ...]]]"
    news: "News | None"


@asynccontextmanager
async def server_at(find: Find) -> AsyncIterator[Server]:
    """The server that `find` names; its connections are closed on leaving."""
    from loom.api.clients.news import ServerNews
    from loom.llm.proxy import ProxyModel

    model, news = ProxyModel(find), ServerNews(find)
    try:
        yield Server(model, _searcher(find), news)
    finally:
        await news.close()
        await model.close()


def named_server(url: str, token: Secret | None) -> Find:
    """How to find a server whose address is known."""

    async def named() -> tuple[str, Secret]:
        return url, token or Secret("")

    return named


def shares_of(settings: "Settings") -> "SharesClient | None":
    """Asks who else reads the person's threads; None without a server of others."""
    from loom.api.client import ServerClient
    from loom.api.clients.shares import SharesClient
    from loom.http import parse_address

    if not (settings.server_url and settings.token):
        return None
    return SharesClient(ServerClient(parse_address(settings.server_url), settings.token))


async def services_of(plan: Plan, store: "ThreadStore", server: Server) -> "Services":
    """Everything outside the agent, for sessions on this plan."""
    from loom.agent.services import Services
    from loom.tools import load

    environment, settings = plan.environment, plan.settings
    scratch = cache_directory(environment) / "scratch" / str(os.getpid())
    await asyncio.to_thread(_drop_old, scratch.parent)
    return Services(
        store=store,
        model=server.model,
        tools=load(),
        sandbox=await _sandbox(plan),
        environment=clean_environment(environment),
        search=server.search,
        keep_rule=_rule_keeper(plan),
        scratch=scratch,
        config_home=config_directory(environment),
        oracle=(settings.oracle.provider, settings.oracle.model),
        news=server.news if plan.has_person else None,
    )


async def _sandbox(plan: Plan) -> "Sandbox":
    from loom.sandbox import NoSandbox, find_sandbox

    if not plan.settings.sandbox.enabled:
        return NoSandbox("Commands are not confined: sandbox.enabled is false.")
    return await asyncio.to_thread(
        find_sandbox,
        home_directory(plan.environment),
        environment=plan.environment,
        has_network=plan.settings.sandbox.network,
    )


def _drop_old(folder: Path) -> None:
    """Long outputs of sessions that ended more than a week ago."""
    deadline = time.time() - KEPT_SCRATCH
    with suppress(OSError):
        for path in folder.iterdir():
            if path.stat().st_mtime < deadline:
                shutil.rmtree(path, ignore_errors=True)


def _searcher(find: Find) -> "Callable[[str, int], Awaitable[tuple[SearchHit, ...]]]":
    from loom.tools.base import SearchHit

    async def search(query: str, max_results: int) -> tuple[SearchHit, ...]:
        from loom.api.client import ServerClient
        from loom.http import parse_address

        try:
            address, token = await find()
            found = await ServerClient(parse_address(address), token).search(query, max_results)
        except LoomError as error:
            raise ToolError(error.message, error.hint) from error
        return tuple(
            SearchHit(hit.title, hit.url, hit.snippet, hit.display_link, hit.rank)
            for hit in found.results
        )

    return search


def _rule_keeper(plan: Plan) -> Callable[[Rule, str], Awaitable[None]]:
    from loom.config.remembered import remember
    from loom.core.errors import ConfigError

    async def keep(rule: Rule, scope: str) -> None:
        place = plan.workspace if scope == "project" else None
        try:
            await asyncio.to_thread(remember, rule, plan.environment, place)
        except OSError as error:
            raise ConfigError(f"the rule holds for this session only: {error}") from error

    return keep


def agent_settings(plan: Plan) -> "AgentSettings":
    """The agent's numbers from the settings. Raises ConfigError for a rule that is none."""
    from loom.agent.services import AgentSettings

    settings = plan.settings
    return AgentSettings(
        max_rounds=settings.agent.max_rounds,
        max_retries=max(1, settings.agent.max_retries),
        context_limit=settings.context.limit,
        compact_at=settings.context.compact_at,
        max_tokens=settings.agent.max_tokens or None,
        has_person=plan.has_person,
        mode=settings.mode,
        rules=settings.rules + tuple(parse_rule(text) for text in plan.allowed),
        provider=settings.provider,
        model=settings.model,
        # Without a person the session ends with its turn, and nobody looks for its title.
        title_model=settings.title.model if plan.has_person else "off",
    )
