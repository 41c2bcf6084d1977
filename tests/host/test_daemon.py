"""A daemon's host and those who ask it, over a real socket; its end, and who takes over then."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from loom.agent.runtime import Runtime
from loom.agent.services import AgentSettings
from loom.core.errors import HostGone, SessionError
from loom.core.protocol import TextStreamed, TurnFinished
from loom.host.client import ask
from loom.host.daemon import Daemon
from loom.host.far import FarHost
from loom.host.frames import AskStatus, Done, Opened, StartThread, Status, Stop, Terms
from loom.host.live import live_sessions
from loom.host.reach import reach, server_mark
from loom.host.remote import RemoteSession
from loom.host.sessions import Host, Kit
from tests.agent.conftest import make_services
from tests.fakes.model import ScriptedModel, says
from tests.host.conftest import host_with, say, until


@asynccontextmanager
async def daemon_at(socket, tmp_path, store, model, idle=60.0):
    """A daemon's host; ends as the real one does, when nobody needs it or it is told to."""
    services = make_services(tmp_path, store, model, [])

    async def equip(terms):
        return Kit(services, AgentSettings(provider="scripted", mode=terms.settings["mode"]))

    daemon = Daemon(equip, idle)
    settings = AgentSettings(provider="scripted")
    async with Host(services, settings, socket, daemon.answer) as host:
        yield daemon, host


@pytest.fixture
def terms(tmp_path) -> Terms:
    return Terms(str(tmp_path), {"mode": "plan"})


@pytest.fixture
async def far(tmp_path, store, socket, terms):
    """A screen's host, that has one of its own in reserve."""

    def own():
        return host_with(tmp_path, store, tmp_path / "own" / "s", ScriptedModel(says("here")))

    async with FarHost(socket, terms, store, own) as host:
        yield host


async def test_a_thread_is_started_on_the_callers_terms(tmp_path, store, socket, far):
    async with daemon_at(socket, tmp_path, store, ScriptedModel(says("one"))):
        session = await far.start(tmp_path / "elsewhere")
        assert isinstance(session, RemoteSession)
        started = await anext(session.events())
        assert (started.mode, started.thread.workspace) == ("plan", str(tmp_path / "elsewhere"))


async def test_a_turn_goes_on_when_its_screen_is_gone_and_is_found_by_prefix(
    tmp_path, store, socket, terms, far
):
    model = ScriptedModel(says("Half an answer"), hold=0)
    async with daemon_at(socket, tmp_path, store, model):
        async with FarHost(socket, terms, store, lambda: None) as first:
            session = await first.start(tmp_path)
            await session.submit(say("go"))
            await until(session, TextStreamed)
        model.release.set()
        again = await far.open(session.thread_id[:14])
        assert (await until(again, TurnFinished))[-1].reason == "done"


async def test_the_status_tells_who_works_and_who_watches(tmp_path, store, socket, far):
    model = ScriptedModel(says("Half an answer"), hold=0)
    async with daemon_at(socket, tmp_path, store, model):
        session = await far.start(tmp_path)
        await session.submit(say("go"))
        await until(session, TextStreamed)
        events = session.events()
        await anext(events)
        status = await ask(socket, AskStatus(), Status)
        assert [each.standing for each in status.sessions] == ["working"]
        assert status.sessions[0].viewers
        assert status.is_daemon
        assert [*await live_sessions(store.leases)] == [session.thread_id]
        await events.aclose()
        model.release.set()


async def test_a_thread_of_another_process_is_held_where_it_lives(tmp_path, store, socket, far):
    other = tmp_path / "other" / "s"
    async with (
        daemon_at(socket, tmp_path, store, ScriptedModel(says("one"))),
        host_with(tmp_path, store, other, ScriptedModel(says("two"))) as host,
    ):
        session = await host.start(tmp_path)
        assert (await far.open(session.thread_id)).path == other


async def test_the_app_opens_the_thread_itself_when_the_daemon_is_gone(
    tmp_path, store, socket, far
):
    async with daemon_at(socket, tmp_path, store, ScriptedModel(says("one"))):
        session = await far.start(tmp_path)
    ours = await far.open(session.thread_id)
    assert isinstance(ours, Runtime)
    assert (await far.start(tmp_path)).thread_id != ours.thread_id
    assert await far.models()


async def test_an_unneeded_daemon_ends_by_itself(tmp_path, store, socket):
    async with daemon_at(socket, tmp_path, store, ScriptedModel(), idle=0.05) as (daemon, host):
        async with asyncio.timeout(5):
            await daemon.until_unneeded(host)
        assert daemon.status(host).is_ending


async def test_a_daemon_at_work_or_watched_stays_until_it_is_not(tmp_path, store, socket, far):
    model = ScriptedModel(says("Half an answer"), hold=0)
    async with daemon_at(socket, tmp_path, store, model, idle=0.05) as (daemon, host):
        session = await far.start(tmp_path)
        await session.submit(say("go"))
        await until(session, TextStreamed)
        ended = asyncio.create_task(daemon.until_unneeded(host))
        assert not (await asyncio.wait({ended}, timeout=0.5))[0]
        events = session.events()
        await anext(events)
        model.release.set()
        await until(session, TurnFinished)
        assert not (await asyncio.wait({ended}, timeout=0.5))[0]
        await events.aclose()
        await asyncio.wait_for(ended, 5)


async def test_a_daemon_that_is_ending_opens_nothing_more(tmp_path, store, socket, terms):
    async with daemon_at(socket, tmp_path, store, ScriptedModel(says("one"))):
        await ask(socket, Stop(), Done)
        with pytest.raises(SessionError, match="ending"):
            await ask(socket, StartThread(terms), Opened)


async def test_an_app_opens_no_threads_for_others(tmp_path, store, socket, terms):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))):
        assert not (await ask(socket, AskStatus(), Status)).is_daemon
        with pytest.raises(SessionError, match="its own window"):
            await ask(socket, StartThread(terms), Opened)


async def test_nobody_at_a_socket_is_told_as_that(tmp_path):
    with pytest.raises(HostGone):
        await ask(tmp_path / "none.sock", AskStatus(), Status)


async def test_a_host_that_never_answers_is_given_up(tmp_path):
    async def nothing(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(nothing, tmp_path / "s"):
        with pytest.raises(SessionError, match="does not answer"):
            await ask(tmp_path / "s", AskStatus(), Status, patience=0.05)


async def test_an_idle_daemon_of_another_version_is_replaced(tmp_path, store, socket):
    stack = AsyncExitStack()
    daemon, host = await stack.enter_async_context(
        daemon_at(socket, tmp_path, store, ScriptedModel())
    )
    spawned = []
    newer = asyncio.create_task(reach(socket, lambda: spawned.append(1), "9", patience=2))
    await daemon.until_unneeded(host)
    await stack.aclose()
    with pytest.raises(SessionError, match="does not start"):
        await newer
    assert spawned == [1]


async def test_a_daemon_that_knows_other_keys_is_replaced_when_nobody_needs_it(
    tmp_path, store, socket, far
):
    mark = server_mark({"ANTHROPIC_API_KEY": "sk-one", "PATH": "/bin"})
    assert "sk-one" not in mark
    assert server_mark({"PATH": "/bin"}) == ""
    async with daemon_at(socket, tmp_path, store, ScriptedModel(says("one"))) as (daemon, host):
        assert await reach(socket, lambda: None)
        session = await far.start(tmp_path)
        events = session.events()
        await anext(events)
        assert await reach(socket, lambda: None, server=mark)
        await events.aclose()
        while host.status().is_needed:
            await asyncio.sleep(0.01)
        newer = asyncio.create_task(reach(socket, lambda: None, server=mark, patience=5))
        await asyncio.wait_for(daemon.until_unneeded(host), 5)
        newer.cancel()


async def test_a_daemon_of_another_version_that_works_is_left_alone(tmp_path, store, socket, far):
    model = ScriptedModel(says("Half an answer"), hold=0)
    async with daemon_at(socket, tmp_path, store, model):
        session = await far.start(tmp_path)
        await session.submit(say("go"))
        await until(session, TextStreamed)
        with pytest.raises(SessionError, match=r"Loom .* at work") as refused:
            await reach(socket, lambda: None, "9")
        assert "loom daemon stop" in refused.value.hint
        model.release.set()
