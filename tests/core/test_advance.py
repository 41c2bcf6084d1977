"""The state machine, driven by anything in any order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from loom.core.advance import advance
from loom.core.history import MessageEntry, ToolResultEntry, visible
from loom.core.llm import Completed, LlmError, LlmResponse, TextDelta, ThinkingDelta, ToolCallDelta
from loom.core.messages import Message, Text, Thinking, ToolCall, ToolResult, Usage
from loom.core.state import (
    Announce,
    Answered,
    ArmRetry,
    Authorize,
    BeginTurn,
    CallingLlm,
    CancelRequested,
    CancelTools,
    Commit,
    CommitFailed,
    Compacting,
    CompactionCompleted,
    CompactionFailed,
    CompactRequested,
    Conversation,
    EndTurn,
    Error,
    ExecutingTools,
    HistoryReplaced,
    HookCompleted,
    LlmCompleted,
    LlmDelta,
    LlmFailed,
    NoteAdded,
    Owe,
    PermissionNeeded,
    Policy,
    PostToolsHook,
    RetryTimeoutFired,
    ReturnQueue,
    RunTool,
    SendLlmRequest,
    Shutdown,
    ShutdownRequested,
    ShuttingDown,
    ToolAuthorized,
    ToolCompleted,
    ToolRefused,
    UserInput,
    WaitingForUserInput,
)

POLICY = Policy(
    max_retries=3,
    max_rounds=4,
    compact_at=5_000,
    parallel=frozenset({"read_file"}),
    mutating=frozenset({"edit_file"}),
)
START = WaitingForUserInput(Conversation(POLICY))

CALL_IDS = st.sampled_from(["a", "b", "c", "a_2", ""])
CALLS = st.builds(
    ToolCall, CALL_IDS, st.sampled_from(["read_file", "edit_file", "bash", "no_such_tool"])
)
BLOCKS = st.one_of(st.builds(Text, st.text(max_size=5)), st.builds(Thinking, st.text(max_size=3)))
USAGE = st.builds(Usage, st.integers(0, 6_000), st.integers(0, 100))
RESULTS = st.builds(ToolResult, CALL_IDS, is_error=st.booleans())
ERRORS = st.builds(
    LlmError,
    st.text(max_size=5),
    st.sampled_from(["transient", "rate_limited", "auth", "context_too_long", "quota"]),
    st.none() | st.floats(-1, 1_000),
)
DELTAS = st.one_of(
    st.builds(TextDelta, st.text(max_size=3)),
    st.builds(ThinkingDelta, st.text(max_size=3)),
    st.builds(ToolCallDelta, CALL_IDS, st.just("bash"), st.text(max_size=3)),
)
PARTIAL = st.none() | st.builds(
    Message, st.just("assistant"), st.tuples(BLOCKS, st.builds(Text, st.text()), CALLS)
)


@st.composite
def responses(draw):
    blocks = draw(st.lists(BLOCKS, max_size=2)) + draw(st.lists(CALLS, max_size=4))
    message = Message("assistant", tuple(blocks))
    reason = draw(st.sampled_from(["end_turn", "tool_use", "max_tokens", "refusal", ""]))
    return LlmResponse(message, message.tool_calls, draw(USAGE), reason)


INPUTS = st.one_of(
    st.builds(
        UserInput, st.builds(Message, st.just("user"), st.tuples(st.builds(Text, st.text())))
    ),
    st.builds(LlmDelta, DELTAS),
    st.builds(LlmCompleted, responses()),
    st.builds(LlmFailed, ERRORS, st.floats(0.5, 1.5)),
    st.builds(ToolAuthorized, CALL_IDS),
    st.builds(PermissionNeeded, CALL_IDS),
    st.builds(ToolRefused, RESULTS),
    st.builds(ToolCompleted, RESULTS),
    st.builds(HookCompleted, st.booleans()),
    st.just(RetryTimeoutFired()),
    st.builds(
        NoteAdded, st.builds(Message, st.just("user"), st.tuples(st.builds(Text, st.text())))
    ),
    st.builds(CompactRequested),
    st.builds(CompactionFailed, ERRORS),
    st.builds(CancelRequested, PARTIAL),
)


class AnyInputInAnyOrder(RuleBasedStateMachine):
    """Feeds the machine what a runtime would and what it never should, and keeps the rows."""

    def __init__(self):
        super().__init__()
        self.state = START
        self.rows = []
        self.serial = 0
        self.is_in_turn = False

    def feed(self, given):
        before = self.state
        self.state, actions = advance(before, given)
        for action in actions:
            if isinstance(action, (BeginTurn, EndTurn)):
                assert self.is_in_turn is isinstance(action, EndTurn)
                self.is_in_turn = isinstance(action, BeginTurn)
            if isinstance(action, (Commit, Owe)):
                self.rows.extend(action.entries)
            if isinstance(action, (SendLlmRequest, ArmRetry)):
                assert action.attempt <= POLICY.max_retries
        return actions

    def fresh(self, message):
        self.serial += 1
        return Message(message.role, message.content, id=f"m-{self.serial}")

    @rule(given=INPUTS)
    def anything(self, given):
        self.feed(given)

    @rule(text=st.text(max_size=5))
    def person_writes(self, text):
        self.feed(UserInput(self.fresh(Message("user", (Text(text),)))))

    @precondition(lambda self: isinstance(self.state, CallingLlm))
    @rule(response=responses())
    def model_answers(self, response):
        self.feed(LlmCompleted(response))

    @precondition(lambda self: isinstance(self.state, ExecutingTools))
    @rule(data=st.data())
    def runtime_serves_a_call(self, data):
        execution = data.draw(st.sampled_from(self.state.executions))
        call_id = execution.call.id
        refusal = ToolResult(call_id)
        given = {
            "deciding": st.sampled_from(
                [
                    ToolAuthorized(call_id),
                    PermissionNeeded(call_id),
                    ToolRefused(ToolResult(call_id)),
                ]
            ),
            "waiting": st.sampled_from([ToolAuthorized(call_id), ToolRefused(refusal)]),
            "running": st.builds(ToolCompleted, st.builds(ToolResult, st.just(call_id))),
        }.get(execution.status, st.just(ToolCompleted(ToolResult(call_id))))
        self.feed(data.draw(given))

    @precondition(lambda self: isinstance(self.state, Compacting))
    @rule()
    def compaction_ends(self):
        summary = Message("user", (Text("summary"),))
        self.rows.clear()
        self.feed(CompactionCompleted((summary,), 10))

    @precondition(lambda self: isinstance(self.state, ExecutingTools))
    @rule()
    def the_disk_is_full_while_tools_run(self):
        self.feed(CommitFailed((), "disk full"))

    @rule(event=DELTAS)
    def streaming_never_changes_state(self, event):
        before = self.state
        self.feed(LlmDelta(event))
        assert self.state == before

    @rule()
    def shutdown_works_from_here(self):
        state, actions = advance(self.state, ShutdownRequested())
        assert isinstance(state, ShuttingDown)
        rows = [row for a in actions if isinstance(a, Commit) for row in a.entries]
        assert_answered(visible([*self.rows, *rows]))

    @invariant()
    def nothing_waits_and_no_turn_is_open_at_rest(self):
        if isinstance(self.state, WaitingForUserInput):
            conversation = self.state.conversation
            assert not self.is_in_turn
            assert conversation.queue == conversation.notes == ()

    @invariant()
    def history_in_memory_is_valid(self):
        if isinstance(self.state, ShuttingDown):
            return
        messages = self.state.conversation.messages
        still_open = isinstance(self.state, ExecutingTools)
        assert_answered(messages[:-1] if still_open else messages)

    @invariant()
    def history_on_disk_is_valid_at_rest(self):
        if isinstance(self.state, WaitingForUserInput):
            assert_answered(visible(self.rows))

    @invariant()
    def no_call_is_answered_twice_on_disk(self):
        answers = [r.result.tool_use_id for r in self.rows if isinstance(r, ToolResultEntry)]
        calls = [
            c.id for r in self.rows if isinstance(r, MessageEntry) for c in r.message.tool_calls
        ]
        assert len(set(calls)) == len(calls)
        assert set(answers) <= set(calls) or not calls


def assert_answered(messages):
    """Every assistant message with calls is followed by their results, in call order, once."""
    for here, after in zip(messages, [*messages, None][1:], strict=True):
        if calls := [call.id for call in here.tool_calls]:
            assert after is not None
            assert [result.tool_use_id for result in after.tool_results] == calls
            assert len(set(calls)) == len(calls)


TestAnyInputInAnyOrder = AnyInputInAnyOrder.TestCase
TestAnyInputInAnyOrder.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, database=None
)


@given(st.lists(INPUTS, max_size=12), INPUTS)
@settings(max_examples=150, deadline=None, database=None)
def test_every_pair_of_state_and_input_is_answered(path, last):
    state = START
    for given_input in path:
        state, _ = advance(state, given_input)
    answer, actions = advance(state, last)
    assert answer is not None
    assert isinstance(actions, tuple)


def run(*inputs, state=START):
    actions = ()
    for given_input in inputs:
        state, actions = advance(state, given_input)
    return state, actions


def user(text="hello"):
    return UserInput(Message("user", (Text(text),), id=f"m-{text}"))


def answer(*blocks, reason="end_turn", usage=None):
    usage = usage or Usage(10, 5)
    message = Message("assistant", blocks, id="m-a")
    return LlmCompleted(LlmResponse(message, message.tool_calls, usage, reason))


EDIT = ToolCall("e", "edit_file")
READ = ToolCall("r", "read_file")
READ_2 = ToolCall("s", "read_file")


def names(actions):
    return [type(action).__name__ for action in actions]


def test_a_turn_without_tools_is_saved_before_it_ends():
    state, actions = run(user(), answer(Text("hi")))
    assert isinstance(state, WaitingForUserInput)
    assert names(actions) == ["Commit", "EndTurn"]


def test_the_persons_message_is_saved_before_the_model_is_asked():
    _, actions = run(user())
    assert names(actions) == ["BeginTurn", "Commit", "SendLlmRequest"]


def test_a_tools_start_is_saved_before_it_runs():
    _, actions = run(user(), answer(EDIT), ToolAuthorized("e"))
    assert names(actions) == ["Commit", "RunTool"]


def test_read_only_calls_of_one_response_run_in_parallel():
    _, actions = run(user(), answer(READ, READ_2))
    assert [a.call.id for a in actions if isinstance(a, Authorize)] == ["r", "s"]


def test_calls_that_may_change_something_run_one_after_the_other():
    state, actions = run(user(), answer(EDIT, READ))
    assert [a.call.id for a in actions if isinstance(a, Authorize)] == ["e"]
    _, actions = run(ToolAuthorized("e"), ToolCompleted(ToolResult("e")), state=state)
    assert [a.call.id for a in actions if isinstance(a, Authorize)] == ["r"]


def test_the_hook_runs_after_a_successful_edit_only():
    state, _ = run(user(), answer(EDIT), ToolAuthorized("e"), ToolCompleted(ToolResult("e")))
    assert isinstance(state, PostToolsHook)
    failed = ToolCompleted(ToolResult("e", is_error=True))
    state, _ = run(user(), answer(EDIT), ToolAuthorized("e"), failed)
    assert isinstance(state, CallingLlm)


def test_a_message_typed_while_working_waits_for_the_turns_end():
    state, actions = run(user("one"), user("two"))
    assert names(actions) == ["Queued"]
    state, actions = run(answer(Text("done")), state=state)
    assert isinstance(state, CallingLlm)
    assert names(actions)[:3] == ["Commit", "EndTurn", "BeginTurn"]


def test_cancel_gives_the_queue_back():
    _, actions = run(user("one"), user("two"), CancelRequested())
    assert [a.messages[0].text for a in actions if isinstance(a, ReturnQueue)] == ["two"]


def test_cancel_keeps_the_text_that_was_streamed():
    partial = Message("assistant", (Text("so far"), READ), id="m-p")
    state, _ = run(user(), CancelRequested(partial))
    last = state.conversation.messages[-1]
    assert (last.text, last.tool_calls, last.stop_reason) == ("so far", (), "cancelled")


def test_a_cancelled_tool_is_waited_for_and_answered():
    state, actions = run(user(), answer(EDIT, READ), ToolAuthorized("e"), CancelRequested())
    assert isinstance(state, ExecutingTools) and state.is_cancelling
    state, actions = run(ToolCompleted(ToolResult("e", is_error=True)), state=state)
    assert isinstance(state, WaitingForUserInput)
    assert EndTurn("cancelled") in actions


def test_a_second_cancel_does_not_wait_for_a_stuck_tool():
    state, _ = run(user(), answer(EDIT), ToolAuthorized("e"), CancelRequested(), CancelRequested())
    assert isinstance(state, WaitingForUserInput)
    assert_answered(state.conversation.messages)


def test_a_transient_failure_arms_the_timer_and_the_third_gives_up():
    failed = LlmFailed(LlmError("down", "transient"))
    state, actions = run(user(), failed)
    assert isinstance(state, Error) and actions[0].delay_ms == 1_000
    state, actions = run(RetryTimeoutFired(), failed, state=state)
    assert actions[0].delay_ms == 2_000
    state, actions = run(RetryTimeoutFired(), failed, state=state)
    assert isinstance(state, WaitingForUserInput)
    assert EndTurn("failed") in actions


@pytest.mark.parametrize(("asked", "delay"), [(7.5, 7_500), (0, 0)])
def test_the_delay_the_provider_names_is_honoured_unjittered(asked, delay):
    limited = LlmFailed(LlmError("slow down", "rate_limited", retry_after=asked), jitter=1.4)
    _, actions = run(user(), limited)
    assert actions[0].delay_ms == delay


def test_a_wait_of_hours_is_not_waited_for():
    limited = LlmFailed(LlmError("slow down", "rate_limited", retry_after=7_200))
    state, actions = run(user(), limited)
    assert isinstance(state, WaitingForUserInput)
    assert any(isinstance(action, Announce) for action in actions)


def test_a_permanent_failure_is_shown_at_once():
    state, actions = run(user(), LlmFailed(LlmError("bad key", "auth", hint="add a key")))
    assert actions[0] == Announce("bad key", "error", "add a key")
    assert isinstance(state, WaitingForUserInput)


def test_a_full_window_compacts_before_the_next_request():
    full = answer(READ, usage=Usage(5_000, 100))
    state, _ = run(user(), full, ToolAuthorized("r"), ToolCompleted(ToolResult("r")))
    assert isinstance(state, Compacting) and state.resumes


def test_a_request_too_long_compacts_once_and_then_fails():
    too_long = LlmFailed(LlmError("too long", "context_too_long"))
    state, _ = run(user(), too_long)
    assert isinstance(state, Compacting)
    summary = Message("user", (Text("s"),))
    state, _ = run(CompactionCompleted((summary,), 5), too_long, state=state)
    assert isinstance(state, WaitingForUserInput)


def test_rounds_of_tools_in_one_turn_are_capped():
    state, actions = run(user())
    for _ in range(POLICY.max_rounds):
        assert isinstance(state, CallingLlm)
        state, _ = run(answer(READ), state=state)
        call_id = state.executions[0].call.id
        state, actions = run(
            ToolAuthorized(call_id), ToolCompleted(ToolResult(call_id)), state=state
        )
    assert EndTurn("round_limit") in actions


def test_a_reused_call_id_is_made_unique():
    state, _ = run(user(), answer(READ, READ))
    assert [e.call.id for e in state.executions] == ["r", "r_2"]


def test_a_message_that_could_not_be_saved_goes_back_to_the_person():
    first = user("precious")
    state, _ = run(first)
    state, actions = run(CommitFailed((first.message,), "disk full"), state=state)
    assert state.conversation.messages == ()
    assert [a.messages for a in actions if isinstance(a, ReturnQueue)] == [(first.message,)]


def test_results_that_could_not_be_saved_are_owed_to_the_disk():
    state, actions = run(user(), answer(EDIT), ToolAuthorized("e"), CommitFailed((), "disk full"))
    assert [a.entries[0].result.tool_use_id for a in actions if isinstance(a, Owe)] == ["e"]
    assert_answered(state.conversation.messages)


def test_compaction_outside_a_turn_returns_to_rest():
    state, _ = run(user(), answer(Text("hi")), CompactRequested("keep names"))
    assert isinstance(state, Compacting) and not state.resumes
    state, _ = run(CompactionCompleted((Message("user", (Text("s"),)),), 3), state=state)
    assert isinstance(state, WaitingForUserInput)


def test_history_is_replaced_at_rest_only():
    replaced = HistoryReplaced((Message("user", (Text("old"),)),), 7)
    state, _ = run(replaced)
    assert state.conversation.messages[0].text == "old"
    state, _ = run(user(), replaced)
    assert state.conversation.messages[0].text == "hello"


def test_shutdown_answers_open_calls_before_it_ends():
    _, actions = run(user(), answer(EDIT), ToolAuthorized("e"), ShutdownRequested())
    assert names(actions) == ["Abort", "Commit", "Answered", "EndTurn", "Shutdown"]
    assert Shutdown() == actions[-1]


def test_a_completed_event_is_data():
    response = answer(Text("x")).response
    assert Completed(response).response.message.text == "x"


def test_run_tool_carries_the_call_itself():
    _, actions = run(user(), answer(EDIT), ToolAuthorized("e"))
    assert RunTool(EDIT) in actions


def note(text="$ ls"):
    return NoteAdded(Message("user", (Text(text),), id=f"m-{text}"))


def test_a_note_taken_while_working_is_saved_at_the_turns_end_and_starts_none():
    state, actions = run(user(), note(), answer(Text("done")))
    assert names(actions) == ["Commit", "Commit", "EndTurn"]
    assert [m.text for m in state.conversation.messages] == ["hello", "done", "$ ls"]


@pytest.mark.parametrize("given", [CancelRequested(), ShutdownRequested()])
def test_a_note_outlives_a_turn_that_is_stopped(given):
    _, actions = run(user(), note(), given)
    saved = [e.message.text for a in actions if isinstance(a, Commit) for e in a.entries]
    assert saved == ["$ ls"]
    assert not any(isinstance(action, ReturnQueue) for action in actions)


def test_cancel_stops_the_judging_of_calls_beside_those_that_run():
    _, actions = run(user(), answer(READ, READ_2), ToolAuthorized("r"), CancelRequested())
    assert actions[0] == CancelTools(("r", "s"))


def test_a_turn_whose_end_could_not_be_saved_still_ends():
    state, _ = run(user(), answer(Text("lost")))
    lost = (state.conversation.messages[-1],)
    state, actions = run(CommitFailed(lost, "disk full", was_ending=True), state=state)
    assert EndTurn("failed") in actions
    assert [m.text for m in state.conversation.messages] == ["hello"]


def test_calls_that_the_disk_broke_off_are_shown_as_ended():
    _, actions = run(user(), answer(EDIT), ToolAuthorized("e"), CommitFailed((), "disk full"))
    assert [a.result.tool_use_id for a in actions if isinstance(a, Answered)] == ["e"]


def test_stopping_a_compaction_gives_back_what_was_typed_meanwhile():
    state, actions = run(
        user(), answer(Text("hi")), CompactRequested(), user("later"), CancelRequested()
    )
    assert isinstance(state, WaitingForUserInput)
    assert names(actions) == ["Abort", "ReturnQueue"]


def test_a_summary_that_failed_in_a_turn_counts_as_a_failed_request():
    too_long = LlmFailed(LlmError("too long", "context_too_long"))
    failed = CompactionFailed(LlmError("down", "transient"))
    state, actions = run(user(), too_long, failed)
    assert isinstance(state, Error) and isinstance(actions[0], ArmRetry)
    state, _ = run(CompactionFailed(LlmError("no key", "auth")), state=run(user(), too_long)[0])
    assert isinstance(state, WaitingForUserInput)


def test_there_is_nothing_to_compact_in_an_empty_conversation():
    state, actions = run(CompactRequested())
    assert isinstance(state, WaitingForUserInput)
    assert names(actions) == ["Announce"]
