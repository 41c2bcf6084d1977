"""Puts the parts together: settings in, a host with its store, server and tools out."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.logfile import logging_to_file
from loom.config.settings import Settings
from loom.core.errors import LoomError, ToolError
from loom.core.permissions import Rule, parse_rule
from loom.directories import (
    cache_directory,
    config_directory,
    home_directory,
    runtime_directory,
)
from loom.secrets import Secret, clean_environment
from loom.sockets import private_folder

if TYPE_CHECKING:
    from loom.agent.services import AgentSettings, Services
    from loom.host.sessions import Host
    from loom.redact import Redactor
    from loom.server.embedded import EmbeddedServer
    from loom.threads.store import ThreadStore
    from loom.tools.base import SearchHit

KEPT_SCRATCH = 7 * 24 * 3600.0
"""Seconds for which a session's long outputs can still be read."""

Find = Callable[[], Awaitable[tuple[str, Secret]]]


@dataclass(frozen=True)
class Plan:
    """What is to be opened.

    Attributes:
        workspace: absolute and resolved.
        environment: the process's own, secrets included.
        database: the threads' file; None is the user's own.
        has_person: somebody can answer permission questions.
        allowed: further rules from the command line.
    """

    workspace: Path
    settings: Settings
    environment: Mapping[str, str]
    has_person: bool = True
    database: Path | None = None
    allowed: tuple[str, ...] = ()


@asynccontextmanager
async def open_host(plan: Plan) -> "AsyncIterator[Host]":
    """A host whose sessions can be started; everything is closed on leaving.

    The heavy imports are done in a worker, so that a screen that is already drawn keeps taking
    keys.

    Raises LoomError.
    """
    await asyncio.to_thread(_import_parts)
    from loom.host.sessions import Host
    from loom.process import make_undumpable
    from loom.redact import Redactor
    from loom.threads.location import database
    from loom.threads.store import ThreadStore

    make_undumpable()
    redactor = Redactor()
    async with AsyncExitStack() as stack:
        stack.enter_context(logging_to_file(plan.environment, redactor))
        find = await stack.enter_async_context(_server(plan, redactor))
        path = plan.database or database(plan.environment)
        store = await asyncio.to_thread(ThreadStore.open, path)
        await stack.enter_async_context(store)
        services = await stack.enter_async_context(_services(plan, store, find))
        name = f"host-{os.getpid()}.sock"
        folder = stack.enter_context(private_folder(runtime_directory(plan.environment), len(name)))
        yield await stack.enter_async_context(Host(services, agent_settings(plan), folder / name))


def _import_parts() -> None:
    """Everything that costs time to import and is needed for the first answer."""
    import loom.agent.runtime
    import loom.host.sessions
    import loom.llm.proxy
    import loom.threads.store  # noqa: F401  # imported for the cost alone


@asynccontextmanager
async def _server(plan: Plan, redactor: "Redactor") -> AsyncIterator[Find]:
    """How to find the server: the one that was named, or one started here."""
    settings = plan.settings
    if settings.server_url:
        token = settings.token or Secret("")

        async def named() -> tuple[str, Secret]:
            return settings.server_url, token

        yield named
        return
    server = await asyncio.to_thread(_start_embedded, plan, redactor)
    try:
        yield server.address
    finally:
        await asyncio.to_thread(server.stop)


def _start_embedded(plan: Plan, redactor: "Redactor") -> "EmbeddedServer":
    from loom.server.config import server_config
    from loom.server.embedded import EmbeddedServer

    server = EmbeddedServer(server_config(plan.environment, None), plan.environment, redactor)
    server.start()
    return server


@asynccontextmanager
async def _services(plan: Plan, store: "ThreadStore", find: Find) -> "AsyncIterator[Services]":
    from loom.agent.services import Services
    from loom.llm.proxy import ProxyModel
    from loom.sandbox import NoSandbox, find_sandbox
    from loom.tools import load

    environment, settings = plan.environment, plan.settings
    sandbox = (
        await asyncio.to_thread(
            find_sandbox,
            home_directory(environment),
            environment=environment,
            has_network=settings.sandbox.network,
        )
        if settings.sandbox.enabled
        else NoSandbox("Commands are not confined: sandbox.enabled is false.")
    )
    scratch = cache_directory(environment) / "scratch" / str(os.getpid())
    await asyncio.to_thread(_drop_old, scratch.parent)
    model = ProxyModel(find)
    try:
        yield Services(
            store=store,
            model=model,
            tools=load(),
            sandbox=sandbox,
            environment=clean_environment(environment),
            search=_searcher(find),
            keep_rule=_rule_keeper(plan),
            scratch=scratch,
            config_home=config_directory(environment),
            oracle=(settings.oracle.provider, settings.oracle.model),
        )
    finally:
        await model.close()


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
    )
