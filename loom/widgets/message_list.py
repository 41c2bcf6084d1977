"""The transcript: one widget that paints the lines in view, however long the conversation is."""

import time
from collections.abc import Callable, Sequence

from loom.core.messages import Message, ToolResult
from loom.widgets.transcript.notice import Level
from loom.widgets.transcript.script import Script
from loom.widgets.transcript.turns import TurnView


class MessageList(TurnView):
    """What was said and done, in order. Whoever presents the agent's events calls one method each.

    Changes are gathered and drawn together, at most once a frame; what lies outside the view is
    not rendered, and never moves what is being read. For keys and messages see
    `ItemView`, `CopyView`, `CodeView` and `TurnView`.
    """

    DEFAULT_CSS = """
    MessageList {
        width: 1fr;
        height: 1fr;
    }
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(clock=clock, id=id)
        self._script = Script(self)
        self._is_end = False

    def show(self, messages: Sequence[Message]) -> None:
        """Show a conversation from its start; the view goes to its end.

        Where it takes the place of what `show_end` showed, the view stays on what is read.
        """
        takes_over, self._is_end = self._is_end, False
        below = 0 if self.follows else self._flow.height - self.top
        self._fill(messages)
        self._script.settle()
        if takes_over:
            self.flush()  # at once: no frame without it
            self._stay_above(below)

    def show_end(self, messages: Sequence[Message]) -> None:
        """Show the last messages of a conversation until `show` is given all of them."""
        self._fill(messages)
        self._is_end = True

    def _fill(self, messages: Sequence[Message]) -> None:
        self.clear()
        for each in messages:
            self._script.add(each)

    def _stay_above(self, below: int) -> None:
        """Have so many lines from the top of the view on, to the last one."""
        index = len(self._flow.items)
        while index and self._flow.height - self._flow.top(index) < below:
            index -= 1
            self._flow.measure(index)
        if below:
            self.set_height(self._flow.height)
            self.go_to(self._flow.height - below)

    def clear(self) -> None:
        """Nothing was said."""
        self._script = Script(self)
        self.empty()

    def add(self, message: Message) -> None:
        """A message of any role is part of the conversation."""
        self._script.add(message)

    def begin_stream(self) -> None:
        """A request went out; what an earlier attempt had streamed is taken back."""
        self._script.begin_stream()

    def stream_text(self, text: str) -> None:
        """A piece of the answer."""
        self._script.stream_text(text)

    def stream_thinking(self, text: str) -> None:
        """A piece of visible reasoning."""
        self._script.stream_thinking(text)

    def discard_stream(self) -> None:
        """What was streamed is void."""
        self._script.discard_stream()

    def end_stream(self, message: Message) -> None:
        """The streamed message is whole, and this is it."""
        self._script.end_stream(message)

    def tool_streaming(self, call_id: str, name: str, fragment: str) -> None:
        """A piece of a call's arguments as the model writes them."""
        self._script.tool_streaming(call_id, name, fragment)

    def tool_started(self, call_id: str, name: str, summary: str) -> None:
        """A tool began to run."""
        self._script.tool_started(call_id, name, summary)

    def tool_output(self, call_id: str, text: str) -> None:
        """A piece of a running tool's output."""
        self._script.tool_output(call_id, text)

    def tool_finished(self, call_id: str, result: ToolResult) -> None:
        """A call was answered."""
        self._script.tool_finished(call_id, result)

    def permission_waiting(self, call_id: str) -> None:
        """A person is asked whether the call may run."""
        self._script.permission_waiting(call_id)

    def notice(self, text: str, level: Level = "info", hint: str = "") -> None:
        """Something a person should know; `hint` is the next step."""
        self._script.notice(text, level, hint)

    def queued(self, message: Message) -> None:
        """A message waits for the turn's end; `add` of the same id puts it in its place."""
        self._script.queued(message)

    def drop_queue(self) -> None:
        """The queued messages went back to the person's input."""
        self._script.drop_queue()

    def compacting(self, text: str) -> None:
        """A summary is being made: `text` stands here until it is there, or will not be."""
        self._script.compacting(text)

    def end_compacting(self) -> None:
        """No summary is being made any more."""
        self._script.end_compacting()

    def compaction(self, summary: str, folded: int) -> None:
        """From here the model sees `summary` in place of `folded` messages."""
        self._script.compaction(summary, folded)
