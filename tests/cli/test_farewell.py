"""What is printed when the app was left, and `loom log`."""

import pytest

from loom.cli.farewell import changed_files, summary
from loom.cli.log import in_colour
from loom.core.messages import Message, Text, Thread, ToolCall, ToolResult

TALK = (
    Message("user", (Text("mend it"),)),
    Message(
        "assistant",
        (
            Text("I do."),
            ToolCall("1", "edit_file", {"path": "a.py"}),
            ToolCall("2", "edit_file", {"path": "a.py"}),
            ToolCall("3", "write_file", {"path": "b.py"}),
            ToolCall("4", "read_file", {"path": "c.py"}),
        ),
    ),
    Message(
        "user",
        (
            *(ToolResult(call, (Text("done"),)) for call in "124"),
            ToolResult("3", (Text("denied"),), is_error=True),
        ),
    ),
)


def test_the_summary_says_what_was_done_and_how_to_go_on() -> None:
    lines = summary(Thread("T-1", title="Mend it"), TALK)
    ways = ["loom resume T-1", "loom log T-1 prints all of it"]
    assert lines == ["Mend it", "2 messages · 1 file changed", *ways]


@pytest.mark.parametrize(
    ("standing", "words"),
    [("working", "the agent works on"), ("waiting", "a question waits for you")],
)
def test_the_summary_of_a_thread_that_lives_on_leads_back_to_it(standing: str, words: str) -> None:
    lines = summary(Thread("T-1", title="Mend it"), TALK, standing)
    assert lines[1].endswith(f" · {words}")
    assert lines[2] == "loom attach T-1"


def test_a_file_that_was_not_written_is_not_counted() -> None:
    assert changed_files(TALK) == {"a.py"}


def test_headings_are_bold_and_code_is_not() -> None:
    page = in_colour("# You\n```\n# a comment\n```\ntext")
    assert page == "\x1b[1m# You\x1b[0m\n```\n# a comment\n```\ntext"
