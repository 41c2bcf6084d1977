"""What comes too late, at once, or in the wrong order."""

import asyncio

import pytest

from loom.core.errors import SessionError
from loom.core.history import CheckpointEntry, CompactionEntry, MessageEntry, model_view, visible
from loom.core.llm import LlmError
from loom.core.messages import Image, Message, Thread, ToolCall, ToolResult, Usage
from loom.core.protocol import (
    Cancel,
    Close,
    Compact,
    Compacted,
    CompactionStarted,
    CompactionUndone,
    Decide,
    MessageAdded,
    MessageQueued,
    ModelChanged,
    Notice,
    PermissionAsked,
    PermissionDecided,
    QueueReturned,
    Rename,
    RetryArmed,
    RetryNow,
    RunShell,
    SendMessage,
    SessionClosed,
    SessionStarted,
    SetMode,
    SetModel,
    TextStreamed,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TurnFinished,
    TurnStarted,
    UndoCompaction,
)
from loom.threads.lease import Holder
from tests.core.test_advance import assert_answered
from tests.fakes.model import ScriptedModel, says
from tests.fakes.store import RefusingStore

READ = ToolCall("r1", "read_file", {"path": "a.txt"})
EDIT = ToolCall(
    "e1", "edit_file", {"path": "a.txt", "edits": [{"old_str": "alpha", "new_str": "beta"}]}
)
SLEEP = ToolCall("b1", "bash", {"command": "echo begun; sleep 60"})
TASK = ToolCall("k1", "task", {"description": "look around", "prompt": "sleep"})


@pytest.fixture
async def store(tmp_path):
    async with RefusingStore.open(tmp_path / "loom.db") as opened:
        yield opened


class SlowSummary(ScriptedModel):
    """Its summaries wait for `release`."""

    async def complete(self, provider, request):
        await self.release.wait()
        return await super().complete(provider, request)


async def entries_of(agent, store):
    return await store.entries(agent.runtime.thread_id)


async def settled(agent):
    """What was asked before is done: a title that is set last is seen last."""
    title = f"settled {agent.runtime.log.last_seq}"
    await agent.runtime.submit(Rename(title))
    while agent.runtime.record.thread.title != title:
        await asyncio.sleep(0.001)


async def assert_disk_and_memory_agree(agent, store):
    assert agent.runtime.state.conversation.messages == model_view(await entries_of(agent, store))


# Late inputs


async def test_an_answer_that_came_just_as_esc_was_pressed_is_not_the_next_turns(start, store):
    model = ScriptedModel(says("the first answer"), says("the second answer"), hold=0)
    agent = await start(model)
    await agent.say("one")
    await agent.until(TextStreamed, 3)
    # While the loop is busy with the title, the answer comes behind what the person asked.
    await agent.runtime.submit(Rename("busy"))
    await agent.runtime.submit(Cancel())
    await agent.say("two")
    model.release.set()
    await agent.until(TurnFinished, 2)
    assert [e.reason for e in agent.of(TurnFinished)] == ["cancelled", "done"]
    assert visible(await entries_of(agent, store))[-1].text == "the second answer"
    await assert_disk_and_memory_agree(agent, store)


async def test_a_summary_that_came_just_as_esc_was_pressed_is_neither_on_disk_nor_seen(
    start, store
):
    model = SlowSummary(says("one"), says("NOTES"))
    agent = await start(model)
    await agent.say("first")
    await agent.until(TurnFinished)
    await agent.runtime.submit(Compact())
    await agent.until(CompactionStarted)
    await agent.runtime.submit(Rename("busy"))
    await agent.runtime.submit(Cancel())
    model.release.set()
    await settled(agent)
    assert not agent.of(Compacted)
    assert not any(isinstance(e, CompactionEntry) for e in await entries_of(agent, store))
    await assert_disk_and_memory_agree(agent, store)


async def test_a_decision_that_races_esc_leaves_one_answer(start):
    agent = await start(ScriptedModel(says("", READ), says("", EDIT), says("never")))
    await agent.say("go")
    await agent.until(PermissionAsked)
    for op in (Decide("e1", allow=True), Cancel(), Decide("e1", allow=True), Decide("no", True)):
        await agent.runtime.submit(op)
    assert (await agent.until(TurnFinished)).reason == "cancelled"
    await settled(agent)
    assert len(agent.of(PermissionDecided)) == 1
    assert len([e for e in agent.of(ToolFinished) if e.call_id == "e1"]) == 1
    assert any("no longer waits" in e.text for e in agent.of(Notice))


async def test_a_storm_of_esc_ends_one_turn_once(start):
    agent = await start(ScriptedModel(says("", SLEEP), says("never")))
    await agent.say("go")
    await agent.until(ToolOutput)
    for _ in range(50):
        await agent.runtime.submit(Cancel())
    await agent.until(TurnFinished)
    await settled(agent)
    assert len(agent.of(TurnFinished)) == len(agent.of(ToolFinished)) == 1


async def test_a_countdown_skipped_twice_asks_once(start):
    limited = [LlmError("slow down", "rate_limited", retry_after=60)]
    model = ScriptedModel(limited, says("ok"))
    agent = await start(model)
    await agent.say("hi")
    await agent.until(RetryArmed)
    await agent.runtime.submit(RetryNow())
    await agent.runtime.submit(RetryNow())
    await agent.until(TurnFinished)
    await settled(agent)
    assert len(model.requests) == 2


# The end of a session


async def test_what_is_asked_after_close_is_refused_and_a_second_close_is_not(start):
    agent = await start(ScriptedModel(says("ok")))
    await agent.runtime.submit(Close())
    await agent.runtime.submit(Close())
    with pytest.raises(SessionError, match="closed"):
        await agent.say("too late")
    await agent.closed()
    assert len(agent.of(SessionClosed)) == 1


async def test_a_session_that_cannot_open_says_why(start, store, workspace, tmp_path):
    thread = await store.create(Thread("", workspace=str(workspace)))
    store.path.rename(tmp_path / "away.db")
    agent = await start(ScriptedModel(says("x")), thread=thread)
    await agent.closed()
    assert "loom.db" in agent.seen[-1].reason


async def test_an_interrupted_thread_can_be_read_when_nothing_can_be_written(
    start, store, workspace
):
    thread = await store.create(Thread("", workspace=str(workspace)))
    asked = MessageEntry(Message("assistant", (READ,), "m-1"))
    await store.append(thread.id, CheckpointEntry("turn_started", "t"), asked)
    store.refuses = lambda entries: True
    agent = await start(ScriptedModel(says("I see.")), thread=thread)
    assert_answered((await agent.until(SessionStarted)).messages)
    store.refuses = lambda entries: False
    await agent.say("go on")
    await agent.until(TurnFinished)
    assert_answered(visible(await entries_of(agent, store)))
    await assert_disk_and_memory_agree(agent, store)


# A store that refuses


def holds_text(text):
    return lambda entries: any(
        isinstance(entry, MessageEntry) and text in entry.message.text for entry in entries
    )


async def test_a_turn_whose_last_answer_cannot_be_saved_ends_all_the_same(start, store):
    agent = await start(ScriptedModel(says("unsaved words")))
    store.refuses = holds_text("unsaved")
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "failed"
    assert [type(e) for e in agent.seen if isinstance(e, TurnStarted | TurnFinished)] == [
        TurnStarted,
        TurnFinished,
    ]
    await settled(agent)
    await assert_disk_and_memory_agree(agent, store)


async def test_a_tool_that_runs_when_the_store_refuses_is_shown_as_ended(start, store):
    agent = await start(ScriptedModel(says("", READ), says("x")))
    store.refuses = lambda entries: (
        any(isinstance(e, MessageEntry) for e in entries) and bool(agent.of(ToolStarted))
    )
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "failed"
    assert {e.call_id for e in agent.of(ToolFinished)} == {"r1"}


async def test_a_summary_that_cannot_be_saved_is_not_seen(start, store):
    agent = await start(ScriptedModel(says("one"), says("NOTES"), says("two")))
    await agent.say("first")
    await agent.until(TurnFinished)
    store.refuses = lambda entries: any(isinstance(e, CompactionEntry) for e in entries)
    await agent.runtime.submit(Compact())
    assert "no room" in (await agent.until(Notice)).text
    await settled(agent)
    assert not agent.of(Compacted)
    await assert_disk_and_memory_agree(agent, store)


# A person's shell lines


async def test_a_shell_line_that_ends_while_the_agent_works_joins_at_the_turns_end(start):
    model = ScriptedModel(says("one"), says("two"), hold=0)
    agent = await start(model)
    await agent.say("first")
    await agent.until(TextStreamed)
    await agent.runtime.submit(RunShell("echo from-the-shell"))
    await agent.until(MessageQueued)
    model.release.set()
    await agent.until(TurnFinished)
    await settled(agent)
    assert len(model.requests) == 1
    assert "from-the-shell" in agent.of(MessageAdded)[-1].message.text


async def test_a_shell_line_survives_the_turn_that_is_stopped(start):
    agent = await start(ScriptedModel(says("one"), hold=0))
    await agent.say("first")
    await agent.until(TextStreamed)
    await agent.runtime.submit(RunShell("echo from-the-shell"))
    await agent.until(MessageQueued)
    await agent.runtime.submit(Cancel())
    await agent.until(TurnFinished)
    assert not agent.of(QueueReturned)
    assert "from-the-shell" in agent.of(MessageAdded)[-1].message.text


async def test_esc_stops_a_shell_line_at_rest_and_says_so_in_the_conversation(start):
    agent = await start(ScriptedModel(says("x")))
    await agent.runtime.submit(RunShell("echo begun; sleep 60"))
    await agent.until(ToolOutput)
    await agent.runtime.submit(Cancel())
    assert (await agent.until(ToolFinished)).result.is_error
    assert "cancelled" in (await agent.until(MessageAdded)).message.text


async def test_esc_in_a_turn_stops_a_shell_line_too_and_forgets_neither(start):
    agent = await start(ScriptedModel(says("one"), hold=0))
    await agent.say("first")
    await agent.until(TextStreamed)
    await agent.runtime.submit(RunShell("echo begun; sleep 60"))
    await agent.until(ToolOutput)
    await agent.runtime.submit(Cancel())
    await agent.until(TurnFinished)
    await settled(agent)
    assert "sleep 60" in agent.of(MessageAdded)[-1].message.text


async def test_a_shell_line_is_the_persons_own_and_asks_no_rule(start):
    agent = await start(ScriptedModel(says("x")), mode="plan")
    await agent.runtime.submit(RunShell("echo mine"))
    assert not (await agent.until(ToolFinished)).result.is_error


# Permission


@pytest.mark.parametrize(("mode", "allow"), [("edit", True), ("plan", False)])
async def test_a_change_of_mode_answers_the_question_that_waits(start, workspace, mode, allow):
    agent = await start(ScriptedModel(says("", READ), says("", EDIT), says("Done.")))
    await agent.say("go")
    await agent.until(PermissionAsked)
    await agent.runtime.submit(SetMode(mode))
    decided = await agent.until(PermissionDecided)
    assert (decided.allow, decided.by) == (allow, "mode")
    await agent.until(TurnFinished)
    assert ((workspace / "a.txt").read_text() == "beta\n") is allow


async def test_a_mode_that_asks_too_leaves_the_question(start):
    touch = ToolCall("t1", "bash", {"command": "touch b.txt"})
    agent = await start(ScriptedModel(says("", touch), says("Done.")))
    await agent.say("go")
    await agent.until(PermissionAsked)
    await agent.runtime.submit(SetMode("edit"))
    await settled(agent)
    assert not agent.of(PermissionDecided)
    assert agent.runtime.authorizer.pending


# Models and messages


async def test_an_answer_is_signed_by_the_model_that_was_asked(start):
    model = ScriptedModel(says("Half"), hold=0)
    agent = await start(model)
    await agent.say("hi")
    await agent.until(TextStreamed)
    await agent.runtime.submit(SetModel("openai", "gpt-5"))
    await agent.until(ModelChanged)
    await agent.runtime.submit(Cancel())
    await agent.until(TurnFinished)
    partial = agent.of(MessageAdded)[-1].message
    assert (partial.provider, partial.model) == ("scripted", "default")


@pytest.mark.parametrize("content", [(), (READ,), (ToolResult("r1"),)])
async def test_a_message_of_anything_but_words_and_pictures_is_not_sent(start, content):
    model = ScriptedModel(says("x"))
    agent = await start(model)
    await agent.runtime.submit(SendMessage(content))
    assert "nothing to send" in (await agent.until(Notice)).text
    await agent.runtime.submit(SendMessage((Image("image/png", "AA=="), *content)))
    await agent.until(TurnFinished)
    assert model.requests[0].messages[1].content == (Image("image/png", "AA=="),)


async def test_a_resumed_thread_knows_its_size_as_the_provider_counted_it(start):
    agent = await start(ScriptedModel(says("one", usage=Usage(70_000, 50))))
    await agent.say("first")
    await agent.until(TurnFinished)
    await agent.runtime.submit(Close())
    await agent.closed()
    again = await start(ScriptedModel(says("x")), thread=agent.runtime.record.thread)
    assert (await again.until(SessionStarted)).context_tokens == 70_050


async def test_a_viewer_that_comes_at_any_moment_sees_each_message_once(start, store):
    agent = await start(ScriptedModel(*[says("", READ), says("done")] * 20, says("end")))
    viewers = []

    async def watch():
        shown = []
        async for event in agent.runtime.events(None):
            if isinstance(event, SessionStarted):
                shown = [m.id for m in event.messages if m.id]
            elif isinstance(event, MessageAdded):
                shown.append(event.message.id)
        return shown

    async with asyncio.TaskGroup() as group:
        for turn in range(1, 11):
            await agent.say(f"turn {turn}")
            # Each viewer slows the turn: at a fixed pace they would come faster than it ends.
            pause = 0.0005
            while len(agent.of(TurnFinished)) < turn:
                viewers.append(group.create_task(watch()))
                await asyncio.sleep(pause)
                pause *= 1.1
        await agent.runtime.submit(Close())
    ids = [m.id for m in visible(await entries_of(agent, store)) if m.id]
    assert all(viewer.result() == ids for viewer in viewers)


# Compaction


async def turns(agent, *texts):
    for text in texts:
        done = len(agent.of(TurnFinished))
        await agent.say(text)
        await agent.until(TurnFinished, done + 1)


async def compacted(agent):
    done = len(agent.of(Compacted))
    await agent.runtime.submit(Compact())
    return await agent.until(Compacted, done + 1)


async def test_compactions_are_undone_one_by_one_after_a_resume_too(start, store):
    agent = await start(ScriptedModel(lambda request: says("answer")))
    await turns(agent, "one")
    assert (await compacted(agent)).folded == 2
    await turns(agent, "two")
    assert (await compacted(agent)).folded == 4
    await turns(agent, "three")
    await assert_disk_and_memory_agree(agent, store)
    await agent.runtime.submit(Close())
    await agent.closed()
    again = await start(ScriptedModel(says("x")), thread=agent.runtime.record.thread)
    await again.until(SessionStarted)
    assert len(again.runtime.state.conversation.messages) == 3
    for number, left in ((1, 5), (2, 6)):
        await again.runtime.submit(UndoCompaction())
        await again.until(CompactionUndone, number)
        await settled(again)
        assert len(again.runtime.state.conversation.messages) == left
        await assert_disk_and_memory_agree(again, store)
    await again.runtime.submit(UndoCompaction())
    assert "Nothing is compacted" in (await again.until(Notice)).text


async def test_nothing_is_compacted_in_an_empty_thread(start):
    model = ScriptedModel(says("x"))
    agent = await start(model)
    await agent.runtime.submit(Compact())
    assert "nothing to compact" in (await agent.until(Notice)).text
    assert model.requests == []


async def test_a_summary_that_fails_in_a_turn_is_tried_again_like_a_request(start):
    full = says("", READ, usage=Usage(900, 50))
    failed = [LlmError("overloaded", "transient")]
    agent = await start(ScriptedModel(full, failed, says("done")), context_limit=1_000)
    await agent.say("go")
    await agent.until(RetryArmed)
    assert (await agent.until(TurnFinished)).reason == "done"


async def test_a_record_too_long_for_the_window_is_cut_until_it_fits(start):
    def answer(request):
        size = len(request.messages[-1].text)
        if len(request.messages) == 1 and size > 60_000:
            return [LlmError("too long", "context_too_long")]
        return says("NOTES") if len(request.messages) == 1 else says("字" * 200_000)

    model = ScriptedModel(answer)
    agent = await start(model, context_limit=200_000)
    await turns(agent, "go")
    await compacted(agent)
    assert len(model.requests) > 2


async def test_an_empty_summary_folds_nothing(start, store):
    agent = await start(ScriptedModel(says("one"), says("")))
    await turns(agent, "go")
    await agent.runtime.submit(Compact())
    assert "empty" in (await agent.until(Notice)).text
    await settled(agent)
    await assert_disk_and_memory_agree(agent, store)


async def test_a_request_that_is_too_long_again_and_again_ends_the_turn(start):
    def answer(request):
        is_summary = request.messages[0].role != "system"
        return says("NOTES") if is_summary else [LlmError("too long", "context_too_long")]

    model = ScriptedModel(answer)
    agent = await start(model)
    await agent.say("go")
    assert (await agent.until(TurnFinished)).reason == "failed"
    assert len(model.requests) == 3


# Sub-agents


async def test_stopping_the_turn_closes_the_subagents_thread_in_good_order(start, store):
    agent = await start(ScriptedModel(says("", TASK), says("", SLEEP), says("never")))
    await agent.say("delegate")
    await agent.until(ToolOutput)
    (child,) = [t for t in await store.list() if t.parent == agent.runtime.thread_id]
    assert not (await store.lease(child.id, Holder(1))).is_ours
    await agent.runtime.submit(Cancel())
    assert (await agent.until(TurnFinished)).usage == Usage(200, 20)
    entries = await store.entries(child.id)
    assert entries[-1].event == "turn_finished"
    assert_answered(visible(entries))
    with await store.lease(child.id, Holder(1)) as lease:
        assert lease.is_ours


async def test_a_subagents_open_question_is_settled_when_the_session_closes(start):
    agent = await start(ScriptedModel(says("", TASK), says("", READ), says("", EDIT)))
    await agent.say("delegate")
    await agent.until(PermissionAsked)
    await agent.runtime.submit(Close())
    await agent.closed()
    assert agent.of(PermissionDecided)[-1].by == "cancelled"


async def test_a_subagents_failure_is_told_with_its_reason(start):
    failed = [LlmError("no credit left", "quota")]
    model = ScriptedModel(says("", TASK), failed, says("I see."))
    agent = await start(model)
    await agent.say("delegate")
    await agent.until(TurnFinished)
    assert "no credit left" in model.requests[2].messages[-1].tool_results[0].content[0].text


async def test_a_subagent_is_given_no_subagents_and_shares_the_rules_of_the_session(start):
    model = ScriptedModel(says("", TASK), says("", EDIT), says("child"), says("done"))
    agent = await start(model)
    await agent.say("delegate")
    await agent.until(PermissionAsked)
    asked = agent.of(PermissionAsked)[0]
    rule = Decide(asked.call_id, allow=True, scope="session", rule="allow edit_file(**)")
    await agent.runtime.submit(rule)
    await agent.until(TurnFinished)
    assert "task" not in [tool.name for tool in model.requests[1].tools]
    assert str(agent.runtime.authorizer._rules[-1]) == "allow edit_file(**)"


async def test_a_private_threads_subagent_is_private(start, store):
    agent = await start(ScriptedModel(says("", TASK), says("child"), says("done")))
    await store.update(agent.runtime.thread_id, is_private=True)
    await agent.say("delegate")
    await agent.until(TurnFinished)
    (child,) = [t for t in await store.list() if t.parent == agent.runtime.thread_id]
    assert child.is_private
