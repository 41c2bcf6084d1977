"""Puts the parts together: settings in, a host with its store, server and tools out."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from loom.cli.logfile import logging_to_file
from loom.cli.plan import Plan
from loom.cli.services import Find, agent_settings, named_server, server_at, services_of
from loom.cli.syncing import in_step
from loom.directories import runtime_directory
from loom.sockets import private_folder

if TYPE_CHECKING:
    from loom.agent.services import Services
    from loom.host.sessions import Host
    from loom.redact import Redactor
    from loom.server.embedded import EmbeddedServer
    from loom.threads.store import ThreadStore


@asynccontextmanager
async def open_host(plan: Plan) -> "AsyncIterator[Host]":
    """A host whose sessions can be started; everything is closed on leaving.

    Raises LoomError.
    """
    async with open_services(plan) as services, AsyncExitStack() as stack:
        from loom.host.sessions import Host

        name = f"host-{os.getpid()}.sock"
        folder = stack.enter_context(private_folder(runtime_directory(plan.environment), len(name)))
        opened = Host(services, agent_settings(plan), folder / name)
        host = await stack.enter_async_context(opened)
        await stack.enter_async_context(in_step(plan, services.store, host.tell))
        yield host


@asynccontextmanager
async def open_services(plan: Plan) -> "AsyncIterator[Services]":
    """The log, the server, the store, and what sessions are given of them.

    The heavy imports are done in a worker, so that a screen that is already drawn keeps taking
    keys.

    Raises LoomError.
    """
    await asyncio.to_thread(_import_parts)
    from loom.process import make_undumpable
    from loom.redact import Redactor

    make_undumpable()
    redactor = Redactor([plan.settings.token] if plan.settings.token else ())
    async with AsyncExitStack() as stack:
        stack.enter_context(logging_to_file(plan.environment, redactor))
        find = await stack.enter_async_context(_server(plan, redactor))
        store = await stack.enter_async_context(open_store(plan))
        server = await stack.enter_async_context(server_at(find))
        yield await services_of(plan, store, server)


@asynccontextmanager
async def open_store(plan: Plan) -> "AsyncIterator[ThreadStore]":
    """The plan's threads. Raises StoreError."""
    from loom.threads.store import ThreadStore

    async with await asyncio.to_thread(ThreadStore.open, plan.store) as store:
        yield store


def _import_parts() -> None:
    """Everything that costs time to import and is needed for the first answer."""
    import loom.agent.runtime
    import loom.api.clients.news
    import loom.host.sessions
    import loom.llm.proxy
    import loom.threads.store  # noqa: F401  # imported for the cost alone


@asynccontextmanager
async def _server(plan: Plan, redactor: "Redactor") -> AsyncIterator[Find]:
    """How to find the server: the one that was named, or one started here."""
    settings = plan.settings
    if settings.server_url:
        yield named_server(settings.server_url, settings.token)
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
