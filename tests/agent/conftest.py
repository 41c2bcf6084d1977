"""A real runtime on a real store, with a scripted model and the real tools."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from loom.agent.runtime import Runtime
from loom.agent.services import AgentSettings, Services
from loom.agent.subagent import run_subagent
from loom.core.messages import Text, Thread
from loom.core.protocol import AnyEvent, Close, SendMessage, SessionClosed
from loom.sandbox import NoSandbox
from loom.threads.store import ThreadStore
from loom.tools import load
from tests.fakes.model import ScriptedModel


class Driver:
    """Drives a runtime as a front end would, and remembers what it saw."""

    def __init__(self, runtime: Runtime, kept: list[tuple[object, str]]) -> None:
        self.runtime = runtime
        self.seen: list[AnyEvent] = []
        self.kept_rules = kept
        self._grown = asyncio.Event()

    async def watch(self) -> None:
        async for event in self.runtime.events(after=0):
            self.seen.append(event)
            self._grown.set()
            self._grown = asyncio.Event()

    async def until(self, kind: type, count: int = 1) -> AnyEvent:
        """The `count`-th event of a kind; fails by the deadline when it never comes."""
        async with asyncio.timeout(10):
            while len(found := [e for e in self.seen if isinstance(e, kind)]) < count:
                await self._grown.wait()
        return found[count - 1]

    async def closed(self) -> None:
        """Until the session said its last word."""
        await self.until(SessionClosed)

    async def say(self, text: str) -> None:
        await self.runtime.submit(SendMessage((Text(text),)))

    def of(self, kind: type) -> list:
        return [event for event in self.seen if isinstance(event, kind)]


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


Start = Callable[..., object]


@pytest.fixture
async def start(tmp_path: Path, workspace: Path, store: ThreadStore) -> AsyncIterator[Start]:
    """`await start(model, thread=..., **settings)` gives a Driver; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def begin(
            model: ScriptedModel, thread: Thread | None = None, **settings: object
        ) -> Driver:
            kept: list[tuple[object, str]] = []
            services = make_services(tmp_path, store, model, kept)
            chosen = replace(AgentSettings(provider="scripted", retry_base_ms=1), **settings)
            thread = thread or await store.create(Thread("", workspace=str(workspace)))
            return await stack.enter_async_context(running(thread, services, chosen, kept))

        yield begin


@asynccontextmanager
async def running(
    thread: Thread, services: Services, settings: AgentSettings, kept: list
) -> AsyncIterator[Driver]:
    async def spawn(description, prompt, tell):
        return await run_subagent(runtime, services, settings, (description, prompt), tell)

    runtime = Runtime(thread, services, settings, spawn)
    driver = Driver(runtime, kept)
    async with asyncio.TaskGroup() as group:
        group.create_task(runtime.run())
        group.create_task(driver.watch())
        yield driver
        await runtime.submit(Close())


def make_services(tmp_path: Path, store: ThreadStore, model: ScriptedModel, kept: list) -> Services:
    async def keep(rule, scope):
        kept.append((rule, scope))

    async def search(query, count):
        return ()

    names = ("read_file", "edit_file", "write_file", "bash", "todo", "task")
    return Services(
        store=store,
        model=model,
        tools=load(names),
        sandbox=NoSandbox("not confined in this test"),
        environment={"PATH": "/usr/bin:/bin"},
        search=search,
        keep_rule=keep,
        scratch=tmp_path / "scratch",
        config_home=tmp_path / "config",
    )
