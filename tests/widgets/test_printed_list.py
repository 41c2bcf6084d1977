"""The transcript that prints what is finished."""

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.strip import Strip

from loom.core.messages import Message, Text, ToolCall, ToolResult
from loom.widgets.printed_list import PrintedList


class Paper(App[None]):
    """Keeps what was printed, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.transcript = PrintedList(self.print_lines)

    def compose(self) -> ComposeResult:
        yield self.transcript

    def print_lines(self, strips: Sequence[Strip]) -> None:
        self.lines += [strip.text.strip() for strip in strips if strip.text.strip()]


def person(text: str) -> Message:
    return Message("user", (Text(text),), id=text)


def answer(text: str, *calls: ToolCall) -> Message:
    return Message("assistant", (Text(text), *calls), id=text)


async def test_a_conversation_shown_again_prints_only_what_is_new() -> None:
    async with (paper := Paper()).run_test():
        talk = [person("one"), answer("first")]
        paper.transcript.show(talk)
        paper.transcript.flush()
        paper.transcript.stream_text("sec")
        paper.transcript.show([*talk, answer("second")])
        paper.transcript.flush()
        assert paper.lines == ["▌ one", "first", "second"]


async def test_what_may_still_change_is_not_printed() -> None:
    async with (paper := Paper()).run_test():
        paper.transcript.add(person("one"))
        paper.transcript.stream_text("I read")
        paper.transcript.flush()
        assert paper.lines == ["▌ one"]
        paper.transcript.end_stream(answer("I read", ToolCall("c", "bash", {"command": "ls"})))
        paper.transcript.queued(person("later"))
        paper.transcript.notice("Stopped.")
        paper.transcript.flush()
        assert paper.lines == ["▌ one", "I read"]
        paper.transcript.tool_finished("c", ToolResult("c", (Text("a.py"),)))
        paper.transcript.flush()
        assert "later" not in " ".join(paper.lines) and "Stopped." in paper.lines[-1]


async def test_at_the_end_what_may_still_change_is_printed_as_far_as_it_came() -> None:
    async with (paper := Paper()).run_test():
        paper.transcript.notice("Welcome.")
        paper.transcript.print_rest()
        assert paper.lines == []
        paper.transcript.add(person("one"))
        paper.transcript.stream_text("I re")
        paper.transcript.queued(person("later"))
        paper.transcript.print_rest()
        assert [line.strip("· ▌") for line in paper.lines] == ["Welcome.", "one", "I re"]


async def test_a_welcome_is_printed_only_with_what_follows_it() -> None:
    async with (paper := Paper()).run_test():
        for _ in range(2):
            paper.transcript.clear()
            paper.transcript.notice("Welcome.")
            paper.transcript.flush()
        assert paper.lines == []
        paper.transcript.add(person("one"))
        paper.transcript.flush()
        assert [line.strip("· ▌") for line in paper.lines] == ["Welcome.", "one"]
