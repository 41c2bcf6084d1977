"""The runtime on a real store: what a front end sees, and what is on disk."""

import pytest

from loom.core.history import (
    CheckpointEntry,
    MessageEntry,
    ToolResultEntry,
    ToolStartEntry,
    visible,
)
from loom.core.llm import LlmError
from loom.core.messages import Message, Text, Thread, ToolCall, Usage
from loom.core.protocol import (
    Cancel,
    Close,
    Compact,
    Compacted,
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
    SessionClosed,
    SessionStarted,
    SetMode,
    SetModel,
    StreamStarted,
    TextStreamed,
    ThreadChanged,
    TodoChanged,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    UndoCompaction,
    UnknownOp,
)
from tests.fakes.model import ScriptedModel, says

READ = ToolCall("r1", "read_file", {"path": "a.txt"})
EDIT = ToolCall(
    "e1", "edit_file", {"path": "a.txt", "edits": [{"old_str": "alpha", "new_str": "beta"}]}
)


async def test_a_turn_streams_and_ends(start):
    agent = await start(ScriptedModel(says("Hello there.")))
    await agent.say("hi")
    finished = await agent.until(TurnFinished)
    assert "".join(e.text for e in agent.of(TextStreamed)) == "Hello there."
    assert finished.reason == "done"
    assert finished.usage == Usage(100, 10)


async def test_events_are_numbered_without_gaps(start):
    agent = await start(ScriptedModel(says("Hello.")))
    await agent.say("hi")
    await agent.until(TurnFinished)
    numbers = [event.seq for event in agent.seen]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_every_step_is_on_disk_in_order(start, store):
    agent = await start(ScriptedModel(says("Reading.", READ), says("It says alpha.")))
    await agent.say("what is in a.txt?")
    await agent.until(TurnFinished)
    kinds = [type(entry) for entry in await store.entries(agent.runtime.thread_id)]
    assert kinds == [
        CheckpointEntry,
        MessageEntry,
        MessageEntry,
        ToolStartEntry,
        ToolResultEntry,
        MessageEntry,
        CheckpointEntry,
    ]


async def test_the_model_gets_the_tools_real_result(start):
    model = ScriptedModel(says("Reading.", READ), says("Done."))
    agent = await start(model)
    await agent.say("read")
    await agent.until(TurnFinished)
    result = model.requests[1].messages[-1].tool_results[0]
    assert "alpha" in result.content[0].text


async def test_an_edit_waits_for_a_person_and_shows_the_diff(start, workspace):
    agent = await start(ScriptedModel(says("", READ), says("Editing.", EDIT), says("Done.")))
    await agent.say("change it")
    asked = await agent.until(PermissionAsked)
    assert "-alpha" in asked.preview.body and "+beta" in asked.preview.body
    assert (workspace / "a.txt").read_text() == "alpha\n"
    await agent.runtime.submit(Decide("e1", allow=True))
    await agent.until(TurnFinished)
    assert (workspace / "a.txt").read_text() == "beta\n"


async def test_denied_tool_call_is_reported_to_the_model(start, workspace):
    model = ScriptedModel(says("", READ), says("", EDIT), says("As you wish."))
    agent = await start(model)
    await agent.say("change it")
    await agent.until(PermissionAsked)
    await agent.runtime.submit(Decide("e1", allow=False, feedback="not that file"))
    await agent.until(TurnFinished)
    told = model.requests[2].messages[-1].tool_results[0].content[0].text
    assert told == "Error: the person refused this call and said: not that file"
    seen = agent.of(ToolFinished)[-1].result.display
    assert seen is not None and seen.body == "You refused this call: not that file"
    assert (workspace / "a.txt").read_text() == "alpha\n"


async def test_always_allowed_calls_are_not_asked_again(start):
    again = ToolCall(
        "e2", "edit_file", {"path": "a.txt", "edits": [{"old_str": "beta", "new_str": "gamma"}]}
    )
    agent = await start(
        ScriptedModel(says("", READ), says("", EDIT), says("", again), says("Done."))
    )
    await agent.say("go")
    asked = await agent.until(PermissionAsked)
    rule = asked.rules[0]
    await agent.runtime.submit(Decide("e1", allow=True, scope="project", rule=rule))
    await agent.until(TurnFinished)
    assert len(agent.of(PermissionAsked)) == 1
    assert [(str(kept), scope) for kept, scope in agent.kept_rules] == [(rule, "project")]


async def test_without_a_person_what_would_be_asked_is_refused_with_the_flag(start):
    model = ScriptedModel(says("", EDIT), says("I could not."))
    agent = await start(model, has_person=False)
    await agent.say("go")
    await agent.until(TurnFinished)
    text = model.requests[1].messages[-1].tool_results[0].content[0].text
    assert "--mode edit" in text
    assert not agent.of(PermissionAsked)


async def test_plan_mode_refuses_a_change(start):
    model = ScriptedModel(says("", EDIT), says("Here is the plan."))
    agent = await start(model, mode="plan")
    await agent.say("go")
    await agent.until(TurnFinished)
    assert "read-only" in model.requests[1].messages[-1].tool_results[0].content[0].text


async def test_esc_stops_a_stream_and_keeps_what_came(start, store):
    model = ScriptedModel(says("Half an answer"), hold=0)
    agent = await start(model)
    await agent.say("hi")
    await agent.until(TextStreamed, 3)
    await agent.runtime.submit(Cancel())
    finished = await agent.until(TurnFinished)
    last = visible(await store.entries(agent.runtime.thread_id))[-1]
    assert (finished.reason, last.stop_reason, model.cancelled) == ("cancelled", "cancelled", 1)
    assert last.text.startswith("Half")


async def test_esc_stops_a_running_command(start):
    sleep = ToolCall("b1", "bash", {"command": "sleep 60"})
    agent = await start(ScriptedModel(says("", sleep), says("never")))
    await agent.say("wait")
    await agent.until(ToolStarted)
    await agent.runtime.submit(Cancel())
    assert (await agent.until(TurnFinished)).reason == "cancelled"
    assert (await agent.until(ToolFinished)).result.is_error


async def test_a_message_typed_while_working_is_delivered_at_the_turns_end(start):
    model = ScriptedModel(says("one"), says("two"), hold=0)
    agent = await start(model)
    await agent.say("first")
    await agent.until(TextStreamed)
    await agent.say("second")
    await agent.until(MessageQueued)
    model.release.set()
    await agent.until(TurnFinished, 2)
    assert [m.text for m in model.requests[1].messages[1:]] == ["first", "one", "second"]


async def test_cancel_returns_queued_messages_to_the_input(start):
    agent = await start(ScriptedModel(says("long"), hold=0))
    await agent.say("first")
    await agent.say("second")
    await agent.until(MessageQueued)
    await agent.runtime.submit(Cancel())
    assert (await agent.until(QueueReturned)).messages[0].text == "second"


async def test_a_transient_failure_is_retried_with_a_countdown(start):
    failed = [LlmError("overloaded", "transient")]
    agent = await start(ScriptedModel(failed, failed, says("at last")))
    await agent.say("hi")
    await agent.until(TurnFinished)
    assert [e.attempt for e in agent.of(RetryArmed)] == [2, 3]
    assert [e.attempt for e in agent.of(StreamStarted)] == [1, 2, 3]


async def test_a_long_wait_can_be_skipped_or_stopped(start):
    limited = [LlmError("slow down", "rate_limited", retry_after=60)]
    agent = await start(ScriptedModel(limited, limited, says("ok")))
    await agent.say("hi")
    await agent.until(RetryArmed)
    await agent.runtime.submit(RetryNow())
    await agent.until(RetryArmed, 2)
    await agent.runtime.submit(Cancel())
    assert (await agent.until(TurnFinished)).reason == "cancelled"


async def test_a_permanent_failure_says_what_to_do(start):
    agent = await start(ScriptedModel([LlmError("no key", "not_configured", hint="add one")]))
    await agent.say("hi")
    notice = await agent.until(Notice)
    assert (notice.text, notice.hint, notice.level) == ("no key", "add one", "error")
    assert (await agent.until(TurnFinished)).reason == "failed"


async def test_compaction_folds_and_can_be_undone(start):
    model = ScriptedModel(says("one"), says("NOTES"), says("two"), says("three"))
    agent = await start(model)
    await agent.say("first")
    await agent.until(TurnFinished)
    await agent.runtime.submit(Compact())
    assert (await agent.until(Compacted)).folded == 2
    await agent.say("second")
    await agent.until(TurnFinished, 2)
    assert "NOTES" in model.requests[2].messages[1].text
    await agent.runtime.submit(UndoCompaction())
    await agent.until(CompactionUndone)
    await agent.say("third")
    await agent.until(TurnFinished, 3)
    texts = [m.text for m in model.requests[3].messages[1:]]
    assert texts == ["first", "one", "second", "two", "third"]


async def test_a_nearly_full_window_is_compacted_by_itself(start):
    full = says("", READ, usage=Usage(900, 50))
    agent = await start(ScriptedModel(full, says("NOTES"), says("done")), context_limit=1_000)
    await agent.say("go")
    await agent.until(Compacted)
    assert (await agent.until(TurnFinished)).reason == "done"


async def test_a_late_viewer_gets_what_stands_and_then_the_rest(start):
    model = ScriptedModel(says("Half an answer"), hold=0)
    agent = await start(model)
    await agent.say("hi")
    await agent.until(TextStreamed, 3)
    late = agent.runtime.events()
    first = await anext(late)
    assert isinstance(first, SessionStarted) and first.messages[-1].text == "hi"
    assert isinstance(await anext(late), StreamStarted)
    assert (await anext(late)).text.startswith("Half")
    model.release.set()
    assert (await anext(late)).seq > first.seq


async def test_a_crash_in_a_tool_is_told_and_nothing_runs_again(start, store, workspace):
    thread = await store.create(Thread("", workspace=str(workspace)))
    call = ToolCall("w1", "write_file", {"path": "b.txt", "content": "x"})
    await store.append(
        thread.id,
        CheckpointEntry("turn_started", "t"),
        MessageEntry(Message("user", (Text("write"),), "m-1")),
        MessageEntry(Message("assistant", (call,), "m-2")),
        ToolStartEntry("w1", "write_file"),
    )
    model = ScriptedModel(says("I see."))
    agent = await start(model, thread=thread)
    assert "write_file" in (await agent.until(Notice)).text
    await agent.say("continue")
    await agent.until(TurnFinished)
    assert "not run again" in model.requests[0].messages[3].tool_results[0].content[0].text
    assert not (workspace / "b.txt").exists()


async def test_a_persons_shell_line_joins_the_conversation(start):
    model = ScriptedModel(says("I see."))
    agent = await start(model)
    await agent.runtime.submit(RunShell("echo from-the-shell"))
    await agent.until(MessageAdded)
    await agent.say("look")
    await agent.until(TurnFinished)
    assert "from-the-shell" in model.requests[0].messages[1].text


async def test_the_plan_is_shown_and_kept(start):
    todo = ToolCall("t1", "todo", {"items": [{"text": "look", "status": "in_progress"}]})
    agent = await start(ScriptedModel(says("", todo), says("ok")))
    await agent.say("go")
    assert (await agent.until(TodoChanged)).items[0].text == "look"


async def test_a_subagent_works_in_its_own_thread_under_the_same_rules(start, store):
    task = ToolCall("k1", "task", {"description": "look around", "prompt": "read a.txt"})
    model = ScriptedModel(says("", task), says("", READ), says("It holds alpha."), says("Done."))
    agent = await start(model)
    await agent.say("delegate")
    await agent.until(TurnFinished)
    assert "It holds alpha." in model.requests[3].messages[-1].tool_results[0].content[0].text
    children = [t for t in await store.list() if t.parent == agent.runtime.thread_id]
    assert [child.title for child in children] == ["look around"]


async def test_a_subagents_question_reaches_the_person(start, workspace):
    task = ToolCall("k1", "task", {"description": "edit", "prompt": "edit a.txt"})
    model = ScriptedModel(
        says("", task), says("", READ), says("", EDIT), says("Edited."), says("Done.")
    )
    agent = await start(model)
    await agent.say("delegate")
    asked = await agent.until(PermissionAsked)
    assert asked.call_id.endswith("/e1")
    await agent.runtime.submit(Decide(asked.call_id, allow=True))
    await agent.until(TurnFinished)
    assert (workspace / "a.txt").read_text() == "beta\n"


async def test_stopping_the_turn_settles_a_question_that_waits(start):
    agent = await start(ScriptedModel(says("", READ), says("", EDIT), says("never")))
    await agent.say("go")
    await agent.until(PermissionAsked)
    await agent.runtime.submit(Cancel())
    assert (await agent.until(PermissionDecided)).by == "cancelled"
    assert (await agent.until(TurnFinished)).reason == "cancelled"


async def test_another_models_window_decides_when_to_compact(start):
    agent = await start(ScriptedModel(says("ok")), provider="anthropic")
    before = agent.runtime.state.conversation.policy.compact_at
    await agent.runtime.submit(SetModel("vertex", "gemini-3.8-flash"))
    await agent.until(ModelChanged)
    assert agent.runtime.state.conversation.policy.compact_at == 5 * before


async def test_a_compactions_own_tokens_are_counted(start):
    agent = await start(ScriptedModel(says("one"), says("NOTES")))
    await agent.say("first")
    await agent.until(TurnFinished)
    await agent.runtime.submit(Compact())
    await agent.until(Compacted)
    assert agent.runtime.requests.usage == Usage(200, 20)


async def test_hostile_calls_come_back_as_errors(start):
    calls = (
        ToolCall("h1", "no_such_tool", {}),
        ToolCall("h2", "read_file", {"path": 5}),
        ToolCall("h3", "read_file", {}, malformed='{"path": '),
        ToolCall("h4", "read_file", {"path": "a\0b"}),
        ToolCall("h5", "read_file", {"path": "../../etc/passwd"}),
        ToolCall("h6", "bash", {"command": "x" * 10_000_000}),
    )
    model = ScriptedModel(says("", *calls), says("Sorry."))
    agent = await start(model, mode="auto", has_person=False)
    await agent.say("go")
    await agent.until(TurnFinished)
    results = model.requests[1].messages[-1].tool_results
    assert [r.tool_use_id for r in results] == [call.id for call in calls]
    assert all(result.is_error for result in results)


async def test_settings_change_in_the_middle(start):
    model = ScriptedModel(says("ok"))
    agent = await start(model)
    await agent.runtime.submit(SetModel("openai", "gpt-5"))
    await agent.runtime.submit(SetMode("auto"))
    await agent.runtime.submit(Rename("A title"))
    await agent.until(ThreadChanged)
    await agent.say("hi")
    await agent.until(TurnFinished)
    assert model.requests[0].model == "gpt-5"
    assert agent.runtime.record.thread.title == "A title"


async def test_an_op_of_a_newer_loom_is_answered(start):
    agent = await start(ScriptedModel(says("ok")))
    await agent.runtime.submit(UnknownOp("levitate"))
    assert "levitate" in (await agent.until(Notice)).text


async def test_close_ends_the_session(start):
    agent = await start(ScriptedModel(says("ok"), hold=0))
    await agent.say("hi")
    await agent.until(TextStreamed)
    await agent.runtime.submit(Close())
    assert (await agent.until(TurnFinished)).reason == "closed"
    await agent.until(SessionClosed)


@pytest.mark.parametrize("count", [1, 3])
async def test_the_title_comes_from_the_first_message(start, count):
    agent = await start(ScriptedModel(says("ok")))
    for _ in range(count):
        await agent.say("Rename the parser")
    await agent.until(TurnFinished)
    assert (await agent.until(ThreadChanged)).thread.title == "Rename the parser"
