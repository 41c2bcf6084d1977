"""Two processes on one thread: one writes it, the other holds the same session through it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from loom.agent.runtime import Runtime
from loom.agent.services import AgentSettings
from loom.core.errors import SessionError
from loom.core.protocol import (
    AnyEvent,
    Notice,
    Rename,
    SessionStarted,
    TextStreamed,
    ThreadChanged,
    ToolStarted,
)
from loom.host.remote import RemoteSession
from loom.host.sessions import Host
from loom.threads.store import ThreadStore
from tests.fakes.model import ScriptedModel, says
from tests.fakes.upstream import RawUpstream
from tests.soak.driver import Aim, Trial, kill
from tests.soak.model import answer
from tests.soak.verify import make_services


@pytest.fixture
async def other(tmp_path) -> AsyncIterator[Trial]:
    """A Loom in another process that is streaming now, and is killed in its first command."""
    trial = Trial(tmp_path / "other", Aim("tool call_one", 0.0))
    trial.folder.mkdir()
    async with RawUpstream(answer) as upstream, asyncio.TaskGroup() as group:
        group.create_task(kill(trial, upstream.url))
        async with asyncio.timeout(30):
            while not any(isinstance(event, TextStreamed) for event in trial.shown):
                await asyncio.sleep(0.01)
        yield trial


@pytest.fixture
async def host(other, tmp_path) -> AsyncIterator[Host]:
    """A host of our own on the other's database."""
    async with ThreadStore.open(other.database) as store:
        services = make_services(other, store, ScriptedModel(says("I go on.")))
        async with Host(services, AgentSettings(mode="auto"), tmp_path / "own" / "s") as opened:
            yield opened


async def follow(session: RemoteSession) -> list[AnyEvent]:
    """What is seen of a session until its process is gone."""
    seen: list[AnyEvent] = []
    with pytest.raises(SessionError, match="gone"):
        async for event in session.events(after=0):
            seen.append(event)  # noqa: PERF401  # extend would lose all with the exception
    return seen


async def test_the_second_follows_the_first_and_takes_over_when_it_dies(other, host):
    (thread,) = await host.services.store.list()
    remote = await host.open(thread.id)
    assert isinstance(remote, RemoteSession)
    async with asyncio.timeout(30):
        seen = await follow(remote)
    assert isinstance(seen[0], SessionStarted)
    assert [event for event in seen if isinstance(event, ToolStarted)]
    ours = await host.open(thread.id)
    assert isinstance(ours, Runtime)
    notices = [await anext(e async for e in ours.events(after=0) if isinstance(e, Notice))]
    assert "were not run again: bash" in notices[0].text


async def test_the_first_sees_what_the_second_asks(other, host):
    (thread,) = await host.services.store.list()
    remote = await host.open(thread.id)
    await remote.submit(Rename("Renamed by the other"))
    async with asyncio.timeout(30):
        await follow(remote)
    titles = [event.thread.title for event in other.shown if isinstance(event, ThreadChanged)]
    assert "Renamed by the other" in titles
