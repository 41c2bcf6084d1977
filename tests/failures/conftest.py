"""A real session behind the real embedded server, with an upstream that does what a script says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from loom.agent.services import AgentSettings
from loom.core.messages import Thread
from loom.llm.proxy import ProxyModel
from loom.server.config import server_config
from loom.server.embedded import EmbeddedServer
from loom.threads.store import ThreadStore
from tests.agent.conftest import Driver, make_services, running
from tests.fakes.model import ScriptedModel
from tests.fakes.upstream import RawUpstream, Script
from tests.soak.validity import check_valid

Talk = Callable[..., Awaitable[Driver]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha\n")
    return folder


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ThreadStore]:
    async with ThreadStore.open(tmp_path / "loom.db") as opened:
        yield opened


@asynccontextmanager
async def embedded(folder: Path, url: str) -> AsyncIterator[EmbeddedServer]:
    """The server that the app would start, for an Anthropic at `url`."""
    environment = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "ANTHROPIC_API_KEY": "sk-ant-a-key-of-the-test-suite",
        "ANTHROPIC_BASE_URL": url,
    }
    server = EmbeddedServer(server_config(environment, None), environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
async def talk(tmp_path: Path, workspace: Path, store: ThreadStore) -> AsyncIterator[Talk]:
    """`await talk(model)` gives a Driver of a new thread; at the end its history must be valid."""
    async with AsyncExitStack() as stack:

        async def begin(
            model: ScriptedModel | ProxyModel, thread: Thread | None = None, **parts: object
        ) -> Driver:
            settings = AgentSettings(provider="anthropic", mode="auto", retry_base_ms=1)
            services = replace(make_services(tmp_path, store, model, []), **parts)
            thread = thread or await services.store.create(Thread("", workspace=str(workspace)))
            return await stack.enter_async_context(running(thread, services, settings, []))

        yield begin
    for thread in await store.list():
        check_valid(await store.entries(thread.id))


@pytest.fixture
async def talk_to(tmp_path: Path, talk: Talk) -> AsyncIterator[Talk]:
    """`await talk_to(script)` gives a Driver whose model is `script`, behind the real proxy."""
    async with AsyncExitStack() as stack:

        async def begin(script: Script, **parts: object) -> Driver:
            upstream = await stack.enter_async_context(RawUpstream(script))
            server = await stack.enter_async_context(embedded(tmp_path, upstream.url))
            model = ProxyModel(server.address)
            stack.push_async_callback(model.close)
            return await talk(model, **parts)

        yield begin
