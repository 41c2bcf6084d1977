"""What a thread's entries say about a crash."""

from loom.core.history import (
    Entry,
    MessageEntry,
    ToolResultEntry,
    ToolStartEntry,
    interrupted,
)
from loom.core.messages import Message, ToolCall, ToolResult

CALL = ToolCall("c1", "bash", {"command": "make"})
ASKS = MessageEntry(Message("assistant", (CALL,)))
RAN: tuple[Entry, ...] = (ASKS, ToolStartEntry("c1", "bash"), ToolResultEntry(ToolResult("c1")))


def test_a_call_without_an_answer_was_interrupted():
    (lost,) = interrupted((ASKS, ToolStartEntry("c1", "bash")))
    assert (lost.call, lost.had_begun) == (CALL, True)


def test_an_id_used_again_has_not_begun_because_the_first_did():
    (lost,) = interrupted((*RAN, ASKS))
    assert not lost.had_begun


def test_answered_calls_were_not_interrupted():
    assert interrupted(RAN) == ()
