"""Hostile circumstances at the host's door: slow, dead and confused visitors, unusable places."""

import asyncio
import os
import socket as sockets
import sqlite3
from contextlib import closing

import pytest

from loom.agent.eventlog import KEPT_BYTES
from loom.core import codec
from loom.core.errors import SessionError, StoreError, ThreadNotFound
from loom.core.messages import ToolCall
from loom.core.protocol import (
    Cancel,
    Close,
    Decide,
    PermissionAsked,
    Rename,
    SessionClosed,
    SessionStarted,
    ThreadChanged,
    ToolFinished,
    TurnFinished,
)
from loom.host.frames import Watch
from loom.host.remote import RemoteSession, is_live
from loom.threads.lease import Holder
from tests.fakes.model import ScriptedModel, says
from tests.host.conftest import host_with, say, until


async def test_a_viewer_that_never_reads_slows_nobody(tmp_path, store, socket):
    answer = says("y" * 2_000_000, pieces=200)
    async with host_with(tmp_path, store, socket, ScriptedModel(answer)) as host:
        session = await host.start(tmp_path)
        _, writer = await asyncio.open_unix_connection(socket)
        body = codec.encode(Watch(session.thread_id, 0))
        writer.write(len(body).to_bytes(4, "big") + body)
        await writer.drain()
        last = 0
        for _ in range(3):
            await session.submit(say("hi"))
            last = (await until(session, TurnFinished, after=last))[-1].seq
        assert session.log._size < KEPT_BYTES
        writer.close()


async def test_a_host_with_visitors_that_hang_closes_all_the_same(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        _, silent = await asyncio.open_unix_connection(socket)
        remote = RemoteSession(socket, session.thread_id)
        follow = asyncio.create_task(until(remote, SessionClosed))
        await until(session, SessionStarted)
    assert isinstance((await follow)[-1], SessionClosed)
    silent.close()


async def test_a_path_too_long_for_a_socket_is_a_clear_error(tmp_path, store):
    path = tmp_path / ("d" * 100) / "host.sock"
    with pytest.raises(SessionError) as caught:
        async with host_with(tmp_path, store, path, ScriptedModel(says("x"))):
            pass
    assert "XDG_RUNTIME_DIR" in caught.value.hint


async def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path, store):
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError):
        async with host_with(tmp_path, store, tmp_path / "file" / "s", ScriptedModel(says("x"))):
            pass


async def test_a_socket_that_a_dead_process_left_is_replaced(tmp_path, store, socket):
    socket.parent.mkdir(mode=0o700)
    with sockets.socket(sockets.AF_UNIX) as dead:
        dead.bind(str(socket))
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        await RemoteSession(socket, session.thread_id).submit(say("hi"))
        assert (await until(session, TurnFinished))[-1].reason == "done"


async def test_an_op_given_up_halfway_does_not_shift_later_replies(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        remote = RemoteSession(socket, session.thread_id)
        await remote.submit(Rename("one"))
        abandoned = asyncio.create_task(remote.submit(Rename("two")))
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.wait({abandoned})
        await remote.submit(Rename("three"))
        await until(session, ThreadChanged)
        await session.submit(Close())
        await until(session, SessionClosed)
        with pytest.raises(SessionError):
            await remote.submit(Rename("four"))


async def test_a_visitor_can_drive_again_when_the_host_is_back(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        remote = RemoteSession(socket, session.thread_id)
        await remote.submit(say("hi"))
        await until(session, TurnFinished)
    with pytest.raises(SessionError, match="gone"):
        await remote.submit(Cancel())
    async with host_with(tmp_path, store, socket, ScriptedModel(says("two"))) as host:
        again = await host.open(session.thread_id)
        await remote.submit(say("more"))
        assert (await until(again, TurnFinished))[-1].reason == "done"


async def test_a_host_that_dies_inside_a_frame_is_gone(tmp_path, socket):
    async def die(reader, writer):
        writer.write(b"\x00\x00\x01\x00half")
        writer.close()

    socket.parent.mkdir()
    async with await asyncio.start_unix_server(die, socket):
        with pytest.raises(SessionError, match="gone"):
            await until(RemoteSession(socket, "T-x"), SessionStarted)


async def test_a_failing_store_is_told_to_the_visitor(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        await until(session, SessionStarted)
        with closing(sqlite3.connect(store.path)) as other:
            other.execute("ALTER TABLE threads RENAME TO away")
            with pytest.raises(SessionError) as caught:
                await until(RemoteSession(socket, session.thread_id), SessionStarted, after=None)
            other.execute("ALTER TABLE away RENAME TO threads")
    assert "gone" not in caught.value.message


async def test_two_that_open_one_thread_at_once_get_one_session(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        await until(session, SessionStarted)
        await session.submit(Close())
        first, second = await asyncio.gather(*(host.open(session.thread_id) for _ in range(2)))
        assert first is second


async def test_two_hosts_that_open_one_thread_at_once_share_its_session(tmp_path, store, socket):
    other = socket.with_name("other.sock")
    thread = await new_thread(tmp_path, store, socket)
    one, two = (host_with(tmp_path, store, at, ScriptedModel(says("x"))) for at in (socket, other))
    async with one, two:
        sessions = await asyncio.gather(one.open(thread), two.open(thread))
        assert sum(isinstance(session, RemoteSession) for session in sessions) == 1


async def new_thread(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("x"))) as host:
        return (await host.start(tmp_path)).thread_id


async def test_a_thread_opened_while_its_session_closes_goes_on_after_it(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session = await host.start(tmp_path)
        await until(session, SessionStarted)
        await session.submit(Close())
        again = await host.open(session.thread_id)
        await again.submit(say("more"))
        assert (await until(again, TurnFinished))[-1].reason == "done"


async def test_leaving_a_host_whose_session_is_closing_raises_nothing(tmp_path, store, socket):
    async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
        session, other = await host.start(tmp_path), await host.start(tmp_path)
        await until(session, SessionStarted)
        await session.submit(Close())
    assert not other.is_open


async def test_a_deleted_thread_is_found_by_its_whole_id_only(tmp_path, store, socket):
    thread = await new_thread(tmp_path, store, socket)
    await store.delete(thread)
    async with host_with(tmp_path, store, socket, ScriptedModel(says("x"))) as host:
        with pytest.raises(ThreadNotFound):
            await host.open(thread[:-2])
        assert (await host.open(thread)).thread_id == thread


async def test_a_thread_that_a_subagent_works_on_is_not_opened(tmp_path, store, socket):
    thread = await new_thread(tmp_path, store, socket)
    with await store.lease(thread, Holder(1)):
        async with host_with(tmp_path, store, socket, ScriptedModel(says("x"))) as host:
            with pytest.raises(SessionError, match="sub-agent"):
                await host.open(thread)


async def test_a_shell_job_in_the_background_does_not_outlive_the_host(tmp_path, store, socket):
    job = ToolCall("b", "bash", {"command": "echo $$ > pid; sleep 300", "background": True})
    model = ScriptedModel(says("", job), says("started"))
    async with host_with(tmp_path, store, socket, model) as host:
        session = await host.start(tmp_path)
        await session.submit(say("go"))
        await allow_all(session)
        pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def allow_all(session):
    async for event in session.events(0):
        if isinstance(event, PermissionAsked):
            await session.submit(Decide(event.call_id, allow=True))
        if isinstance(event, ToolFinished):
            return


async def test_an_error_of_whoever_holds_the_host_is_not_wrapped(tmp_path, store, socket):
    with pytest.raises(StoreError, match="mine"):
        async with host_with(tmp_path, store, socket, ScriptedModel(says("one"))) as host:
            await host.start(tmp_path)
            raise StoreError("mine")


async def test_a_socket_that_takes_connections_and_says_nothing_is_not_live(tmp_path):
    silent = await asyncio.start_unix_server(lambda reader, writer: None, tmp_path / "s")
    async with silent:
        assert not await is_live(tmp_path / "s", "T-any", 0.05)
    assert not await is_live(tmp_path / "none", "T-any", 0.05)
