from io import StringIO

import pytest

from loom.core.messages import RAN_IN_SHELL, Display, Message, Text, Thread, ToolResult
from loom.core.protocol import (
    MessageAdded,
    Notice,
    PermissionDecided,
    SessionStarted,
    StreamStarted,
    TextStreamed,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from loom.plain.narrator import Narrator
from loom.plain.voice import Voice


@pytest.fixture
def tell():
    """`tell(*events)` gives all that is told; the message `mine` was typed here."""
    stream = StringIO()
    narrator = Narrator(Voice(stream), lambda message: message == "mine")

    def tell(*events: object) -> str:
        for event in events:
            narrator.present(event)
        return stream.getvalue()

    tell.narrator = narrator
    return tell


def says(text: str, role: str = "assistant", message_id: str = "") -> MessageAdded:
    return MessageAdded(message=Message(role, (Text(text),), message_id))


def test_an_answer_is_told_once_as_it_comes(tell) -> None:
    pieces = [TextStreamed(text=text) for text in ("It is ", "done. And", " more")]
    assert tell(StreamStarted(), *pieces) == "Loom: It is done. "
    assert tell(says("It is done. And more")) == "Loom: It is done. And more\n"


def test_an_answer_that_was_not_streamed_is_told_whole(tell) -> None:
    assert tell(says("All of it.")) == "Loom: All of it.\n"


def test_an_answer_that_is_kept_otherwise_is_told_as_it_is_kept(tell) -> None:
    told = tell(TextStreamed(text="One. "), says("Two."))
    assert told == "Loom: One. \nThe answer as it is kept:\nLoom: Two.\n"


def test_a_second_attempt_says_that_the_first_is_void(tell) -> None:
    told = tell(TextStreamed(text="One. "), StreamStarted(), TextStreamed(text="One. "))
    assert told == "Loom: One. \nThat answer broke off and is void. It begins again.\nLoom: One. "


def test_what_was_typed_here_is_not_said_again(tell) -> None:
    assert tell(says("hello", "user", "mine")) == ""
    assert tell(says("hello", "user", "other")) == "You: hello\n"


def test_a_tool_is_told_when_it_has_ended(tell) -> None:
    result = ToolResult("c", display=Display("command", "exit code 0", "a"))
    started = ToolStarted(call_id="c", name="bash", summary="bash ls")
    assert tell(started) == ""
    assert tell(ToolFinished(call_id="c", result=result)) == "Tool: bash ls: done, exit 0\n"
    assert tell.narrator.last_output == "a"


def test_the_output_of_a_shell_line_is_told(tell) -> None:
    assert tell(says(f"{RAN_IN_SHELL}ls\na.txt", "user", "x")) == "a.txt\n"


def test_a_thread_that_is_gone_on_with_tells_the_last_exchange(tell) -> None:
    messages = (Message("user", (Text("why?"),)), Message("assistant", (Text("So."),)))
    told = tell(SessionStarted(thread=Thread("T-1", "Why"), messages=messages))
    assert "Thread: Why" in told and "You said last: why?\nLoom: So.\n" in told


def test_status_is_told_in_words(tell) -> None:
    told = tell(
        Notice(text="Disk is full.", level="error", hint="Make room."),
        PermissionDecided(call_id="c", allow=False, by="person"),
        TurnFinished(reason="cancelled", duration_ms=2_000),
    )
    assert told == "Error: Disk is full. Make room.\nDenied.\nStopped, after 2 seconds.\n"
