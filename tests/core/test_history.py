"""What rows mean: the visible conversation, the model's view, and what a crash left open."""

from loom.core.history import (
    CheckpointEntry,
    CompactionEntry,
    CompactionUndoneEntry,
    MessageEntry,
    ToolResultEntry,
    ToolStartEntry,
    interrupted,
    model_view,
    unfinished_turn,
    visible,
)
from loom.core.messages import Message, Text, ToolCall, ToolResult, estimate_tokens, unanswered

FIRST, SECOND = ToolCall("a", "read_file"), ToolCall("b", "bash")


def said(role, *blocks):
    return MessageEntry(Message(role, blocks))


def answered(call_id):
    return ToolResultEntry(ToolResult(call_id, (Text(call_id),)))


ASKED = (said("user", Text("go")), said("assistant", FIRST, SECOND))


def test_results_are_gathered_in_call_order_whatever_order_they_came_in():
    messages = visible([*ASKED, answered("b"), answered("a"), said("assistant", Text("done"))])
    assert [r.tool_use_id for r in messages[2].tool_results] == ["a", "b"]
    assert [m.role for m in messages] == ["user", "assistant", "user", "assistant"]


def test_the_first_answer_to_a_call_counts():
    again = ToolResultEntry(ToolResult("a", (Text("again"),)))
    messages = visible([*ASKED, answered("a"), again, answered("b")])
    assert messages[2].tool_results[0].content[0].text == "a"


def test_a_crash_leaves_calls_that_had_begun_and_calls_that_had_not():
    lost = interrupted([*ASKED, ToolStartEntry("a"), answered("a"), ToolStartEntry("b")])
    assert [(each.call.id, each.had_begun) for each in lost] == [("b", True)]
    lost = interrupted([*ASKED, ToolStartEntry("a")])
    assert [(each.call.id, each.had_begun) for each in lost] == [("a", True), ("b", False)]


def test_a_turn_that_began_and_never_ended_is_unfinished():
    assert unfinished_turn([CheckpointEntry("turn_started")])
    assert not unfinished_turn([CheckpointEntry("turn_started"), CheckpointEntry("turn_finished")])


def test_the_model_sees_a_summary_in_place_of_what_was_folded():
    rows = [said("user", Text("one")), said("assistant", Text("two")), said("user", Text("three"))]
    view = model_view([*rows[:2], CompactionEntry("notes", folded=2), rows[2]])
    assert "notes" in view[0].text
    assert [m.text for m in view[1:]] == ["three"]
    assert len(visible([*rows[:2], CompactionEntry("notes", folded=2), rows[2]])) == 3


def test_undoing_a_compaction_brings_back_the_one_before_it():
    rows = [said("user", Text("one")), said("user", Text("two"))]
    first, second = CompactionEntry("first", folded=1), CompactionEntry("second", folded=2)
    view = model_view([*rows, first, second, CompactionUndoneEntry()])
    assert "first" in view[0].text
    assert [m.text for m in view[1:]] == ["two"]
    everything = [*rows, first, second, CompactionUndoneEntry(), CompactionUndoneEntry()]
    assert [m.text for m in model_view(everything)] == ["one", "two"]


def test_unanswered_calls_are_named_in_order():
    messages = visible([*ASKED, answered("b")])
    assert [call.id for call in unanswered(messages)] == ["a"]


def test_a_longer_message_is_estimated_larger():
    short, long = Message("user", (Text("x" * 40),)), Message("user", (Text("x" * 4_000),))
    assert estimate_tokens(long) > 50 * estimate_tokens(short) / 2


def test_an_id_used_again_has_not_begun_because_the_first_did():
    asks = said("assistant", FIRST)
    (lost,) = interrupted([asks, ToolStartEntry("a", "read_file"), answered("a"), asks])
    assert not lost.had_begun
