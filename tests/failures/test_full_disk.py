"""No room while a turn runs: said clearly, nothing half written, and the session goes on."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loom.core.history import CheckpointEntry, visible
from loom.core.messages import ToolCall
from loom.core.protocol import (
    Close,
    Decide,
    MessageAdded,
    MessageQueued,
    Notice,
    PermissionAsked,
    QueueReturned,
    SessionClosed,
    SetMode,
    TextStreamed,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from loom.threads.store import ThreadStore
from tests.failures.disk import Disk, no_file_beyond, small_disk
from tests.fakes.model import ScriptedModel, says

READ = ToolCall("r1", "read_file", {"path": "a.txt"})


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


@pytest.fixture
async def store(disk: Disk) -> AsyncIterator[ThreadStore]:
    async with ThreadStore.open(disk.path / "loom.db") as opened:
        yield opened


async def test_the_message_comes_back_and_the_notice_says_what_to_do(talk, store, disk):
    agent = await talk(ScriptedModel(says("Hello.")))
    await disk.fill(store)
    await agent.say("hi")
    assert (await agent.until(QueueReturned)).messages[0].text == "hi"
    (notice,) = agent.of(Notice)
    assert "no room left" in notice.text
    assert "Free some space" in notice.hint
    assert not agent.of(MessageAdded)


async def test_the_same_session_goes_on_when_there_is_room(talk, store, disk):
    agent = await talk(ScriptedModel(says("Hello.")))
    await disk.fill(store)
    await agent.say("hi")
    await agent.until(QueueReturned)
    await disk.free(store)
    await agent.say("hi again")
    assert (await agent.until(TurnFinished, 2)).reason == "done"
    texts = [message.text for message in visible(await store.entries(agent.runtime.thread_id))]
    assert texts == ["hi again", "Hello."]


async def test_an_answer_that_cannot_be_saved_is_not_half_saved(talk, store, disk):
    model = ScriptedModel(says("I read.", READ), says("Done."), hold=0)
    agent = await talk(model)
    await agent.say("read it")
    await agent.until(TextStreamed)
    await disk.fill(store)
    model.release.set()
    assert (await agent.until(TurnFinished)).reason == "failed"
    assert len(agent.of(Notice)) == 1
    await disk.free(store)
    await agent.say("again")
    await agent.until(TurnFinished, 2)
    kept = [e for e in await store.entries(agent.runtime.thread_id) if not is_checkpoint(e)]
    assert [entry.message.text for entry in kept] == ["read it", "again", "Done."]


def is_checkpoint(entry: object) -> bool:
    return isinstance(entry, CheckpointEntry)


async def test_what_was_queued_comes_back_too(talk, store, disk):
    model = ScriptedModel(says("Hello."), hold=0)
    agent = await talk(model)
    await agent.say("first")
    await agent.until(TextStreamed)
    await agent.say("second")
    await agent.until(MessageQueued)
    await disk.fill(store)
    model.release.set()
    returned = await agent.until(QueueReturned)
    assert [message.text for message in returned.messages] == ["second"]


RUN = ToolCall("b1", "bash", {"command": "sleep 0.2; echo ran"})
TOUCH = ToolCall("b1", "bash", {"command": "touch b.txt"})


async def test_a_call_whose_begin_cannot_be_saved_does_not_run(talk, store, disk, workspace):
    agent = await talk(ScriptedModel(says("I run it.", TOUCH), says("Hello.")))
    await agent.runtime.submit(SetMode("ask"))
    await agent.say("run it")
    await agent.until(PermissionAsked)
    await disk.fill(store)
    await agent.runtime.submit(Decide("b1", allow=True))
    await agent.until(TurnFinished)
    assert not agent.of(ToolStarted)
    assert not (workspace / "b.txt").exists()
    await disk.free(store)
    await agent.say("go on")
    assert (await agent.until(TurnFinished, 2)).reason == "done"


async def test_a_result_that_found_no_room_is_saved_when_there_is_some(talk, store, disk):
    agent = await talk(ScriptedModel(says("I run it.", RUN), says("Hello.")))
    await agent.say("run it")
    await agent.until(ToolStarted)
    await disk.fill(store)
    assert (await agent.until(TurnFinished)).reason == "failed"
    assert not agent.of(ToolFinished)
    await disk.free(store)
    await agent.say("go on")
    assert (await agent.until(TurnFinished, 2)).reason == "done"
    (answer,) = [m for m in visible(await store.entries(agent.runtime.thread_id)) if m.tool_results]
    assert text_of(answer.tool_results[0]) == "ran"


def text_of(result):
    return "".join(piece.text for piece in result.content)


async def test_an_owed_result_is_made_good_by_the_next_process_too(talk, store, disk):
    agent = await talk(ScriptedModel(says("I run it.", RUN)))
    await agent.say("run it")
    await agent.until(ToolStarted)
    await disk.fill(store)
    await agent.until(TurnFinished)
    await agent.runtime.submit(Close())
    await agent.until(SessionClosed)
    await disk.free(store)
    again = await talk(ScriptedModel(says("Hello.")), agent.runtime.record.thread)
    assert "were not run again: bash" in (await again.until(Notice)).text


async def test_the_database_is_whole_after_all_of_it(talk, store, disk):
    agent = await talk(ScriptedModel(says("Hello.")))
    for count in (1, 2, 3):
        await disk.fill(store)
        await agent.say("hi")
        await agent.until(QueueReturned, count)
        await disk.free(store)
    with closing(sqlite3.connect(disk.path / "loom.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


EDIT = ToolCall(
    "e1", "edit_file", {"path": "large.txt", "edits": [{"old_str": "alpha", "new_str": "omega"}]}
)


async def test_a_file_that_finds_no_room_is_left_as_it_was(talk, workspace):
    large = workspace / "large.txt"
    large.write_text(before := "alpha\n" + "x" * 900_000)
    agent = await talk(ScriptedModel(says("I change it.", EDIT), says("It failed.")))
    await agent.runtime.submit(SetMode("edit"))
    with no_file_beyond(600_000):
        await agent.say("change it")
        assert (await agent.until(ToolFinished)).result.is_error
    assert large.read_text() == before
    assert {path.name for path in workspace.iterdir()} == {"a.txt", "large.txt"}
