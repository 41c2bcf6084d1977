"""A host and its visitors over a real Unix socket, one of them in another process."""

import asyncio
import json
import os
import stat
import sys

import pytest

from loom.core.errors import SessionError, StoreError
from loom.core.protocol import (
    Cancel,
    Close,
    MessageAdded,
    SessionClosed,
    SessionStarted,
    TextStreamed,
    TurnFinished,
)
from loom.host.remote import RemoteSession
from loom.threads.store import ThreadStore
from tests.fakes.model import ScriptedModel, says
from tests.host.conftest import host_with, say, until


async def test_a_second_front_end_replays_and_follows_the_same_session(tmp_path, store, socket):
    model = ScriptedModel(says("Half an answer"), hold=0)
    async with host_with(tmp_path, store, socket, model) as host:
        session = await host.start(tmp_path)
        await session.submit(say("hi"))
        await until(session, TextStreamed)
        remote = RemoteSession(socket, session.thread_id)
        follow = asyncio.create_task(until(remote, TurnFinished))
        model.release.set()
        assert await follow == await until(session, TurnFinished)


async def test_a_visitor_that_comes_back_gets_what_it_missed(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        remote = RemoteSession(socket, session.thread_id)
        await remote.submit(say("first"))
        seen = await until(remote, TurnFinished)
        await remote.submit(say("second"))
        missed = await until(remote, TurnFinished, after=seen[-1].seq)
        assert missed[0].seq == seen[-1].seq + 1


@pytest.mark.parametrize("is_remote", [False, True])
async def test_a_viewer_that_comes_with_the_session_is_told_once_what_stands(
    tmp_path, store, socket, is_remote
):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        viewer = RemoteSession(socket, session.thread_id) if is_remote else session
        await session.submit(say("first"))
        seen = await until(viewer, TurnFinished, after=None)
        assert [event for event in seen if isinstance(event, SessionStarted)] == seen[:1]


async def test_a_visitor_without_a_past_gets_what_stands(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        await session.submit(say("first"))
        await until(session, TurnFinished)
        remote = RemoteSession(socket, session.thread_id)
        first = (await until(remote, SessionStarted, after=None))[0]
        assert [message.text for message in first.messages] == ["first", "one"]


async def test_ops_of_a_visitor_reach_the_agent(tmp_path, store, socket):
    model = ScriptedModel(says("endless"), hold=0)
    async with host_with(tmp_path, store, socket, model) as host:
        session = await host.start(tmp_path)
        remote = RemoteSession(socket, session.thread_id)
        await remote.submit(say("go"))
        await until(session, TextStreamed)
        await remote.submit(Cancel())
        assert (await until(session, TurnFinished))[-1].reason == "cancelled"


async def test_another_process_can_attach(tmp_path, store, socket):
    script = """
import asyncio, sys
from pathlib import Path
from loom.core.messages import Text
from loom.core.protocol import SendMessage, TurnFinished, MessageAdded
from loom.host.remote import RemoteSession
async def main():
    session = RemoteSession(Path(sys.argv[1]), sys.argv[2])
    await session.submit(SendMessage((Text("from outside"),)))
    async for event in session.events(after=0):
        if isinstance(event, MessageAdded): print(event.message.text)
        if isinstance(event, TurnFinished): return
asyncio.run(main())
"""
    async with host_with(tmp_path, store, socket, ScriptedModel(says("hello outside"))) as host:
        session = await host.start(tmp_path)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(socket), session.thread_id,
            stdout=asyncio.subprocess.PIPE, env={**os.environ},
        )  # fmt: skip
        output, _ = await child.communicate()
        assert output.decode().splitlines() == ["from outside", "hello outside"]


async def test_a_thread_that_lives_elsewhere_is_attached_not_opened_twice(tmp_path, store, socket):
    other_socket = tmp_path / "run" / "other.sock"
    async with (
        host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as first,
        host_with(tmp_path, store, other_socket, ScriptedModel(says("two"))) as second,
    ):
        session = await first.start(tmp_path)
        same = await second.open(session.thread_id)
        assert isinstance(same, RemoteSession)
        await same.submit(say("hi"))
        seen = await until(same, TurnFinished)
        assert [e.message.text for e in seen if isinstance(e, MessageAdded)] == ["hi", "one"]


async def test_a_thread_can_be_opened_again_after_its_session_closed(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        await session.submit(say("hi"))
        await until(session, TurnFinished)
        await session.submit(Close())
        await until(session, SessionClosed)
        again = await host.open(session.thread_id[:14])
        started = (await until(again, SessionStarted))[0]
        assert [message.text for message in started.messages] == ["hi", "one"]


async def test_the_socket_and_its_folder_are_private(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("x"))):
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert not socket.exists()


async def test_a_folder_that_others_may_enter_is_refused(tmp_path, store, socket):
    socket.parent.mkdir(mode=0o755)
    with pytest.raises(SessionError):
        async with host_with(tmp_path, store, socket, ScriptedModel(says("x"))):
            pass


async def test_an_unknown_thread_is_refused_with_what_to_do(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("x"))):
        remote = RemoteSession(socket, "T-unknown")
        with pytest.raises(SessionError, match="not live here"):
            await until(remote, SessionStarted)


async def test_a_host_that_is_gone_is_told_as_that(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("x"))) as host:
        session = await host.start(tmp_path)
        remote = RemoteSession(socket, session.thread_id)
    with pytest.raises(SessionError, match="gone"):
        await remote.submit(say("anyone?"))


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x00\x10{",
        json.dumps({"type": "watch"}).encode(),
    ],
)
async def test_a_visitor_that_speaks_nonsense_disturbs_nobody(tmp_path, store, socket, garbage):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        reader, writer = await asyncio.open_unix_connection(socket)
        writer.write(garbage)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await session.submit(say("hi"))
        assert (await until(session, TurnFinished))[-1].reason == "done"


async def test_closing_the_host_closes_its_sessions_and_frees_their_threads(
    tmp_path, store, socket
):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"), hold=0)) as host:
        session = await host.start(tmp_path)
        await session.submit(say("hi"))
        await until(session, TextStreamed)
    async with host_with(tmp_path, store, socket, ScriptedModel(says("two"))) as host:
        again = await host.open(session.thread_id)
        assert not isinstance(again, RemoteSession)


async def test_a_database_that_goes_away_is_an_error_not_a_crash(tmp_path, socket):
    store = ThreadStore.open(tmp_path / "loom.db")
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        await store.close()
        with pytest.raises(StoreError):
            await host.start(tmp_path)
