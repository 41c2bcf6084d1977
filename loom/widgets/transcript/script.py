"""Who says what: turns the agent's events, one call each, into items on a stage."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from loom.core.messages import RAN_IN_SHELL, Image, Message, Text, Thinking, ToolCall, ToolResult
from loom.widgets.transcript.item import Item
from loom.widgets.transcript.notice import CompactionItem, Level, NoticeItem
from loom.widgets.transcript.talk import AnswerItem, ImageItem, PersonItem, ThinkingItem
from loom.widgets.transcript.tool import ToolItem

_Kind = TypeVar("_Kind", bound=Item)


class Stage(Protocol):
    """Where items appear."""

    def put(self, item: Item) -> None:
        """Add an item at the end."""
        ...

    def changed(self, item: Item) -> None:
        """An item on the stage must be drawn again."""
        ...

    def take_off(self, items: Sequence[Item]) -> None:
        """Remove items."""
        ...

    def now(self) -> float:
        """Monotonic seconds."""
        ...


class Script:
    """The items of one conversation and which of them is being written."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._tools: dict[str, ToolItem] = {}
        self._queued: dict[str, PersonItem] = {}
        self._streamed: list[Item] = []
        self._speaking: AnswerItem | ThinkingItem | None = None
        self._compacting: NoticeItem | None = None

    def add(self, message: Message) -> None:
        """A whole message; results go to the calls they answer."""
        for result in message.tool_results:
            self.tool_finished(result.tool_use_id, result)
        if message.role == "assistant":
            self._take_blocks(message, [])
        elif message.role == "user":
            self._person(message)

    def is_queued(self, item: Item) -> bool:
        """Whether it waits for the turn's end, and then is put again."""
        return isinstance(item, PersonItem) and item.is_queued

    def is_final(self, item: Item) -> bool:
        """Whether nothing can still change an item, move it or take it off."""
        is_at_work = item.is_live or (isinstance(item, ToolItem) and not item.is_over)
        # What is streamed may be replaced, or be void; by identity, for items have no equality.
        is_streamed = any(item is each for each in self._streamed)
        is_passing = is_streamed or item is self._compacting
        return not (is_at_work or is_passing or self.is_queued(item))

    def settle(self) -> None:
        """A thread was opened: calls without an answer were interrupted."""
        for tool in self._tools.values():
            if tool.status == "pending":
                tool.interrupt()
                self._stage.changed(tool)

    def begin_stream(self) -> None:
        """A request went out; what an earlier attempt had streamed is void."""
        self.discard_stream()

    def stream_text(self, text: str) -> None:
        """A piece of the answer."""
        speaking = self._speaking
        if not isinstance(speaking, AnswerItem):
            self._hush()
            speaking = self._speaking = AnswerItem(is_streaming=True)
            self._put_streamed(speaking)
        speaking.append(text)
        self._stage.changed(speaking)

    def stream_thinking(self, text: str) -> None:
        """A piece of visible reasoning."""
        speaking = self._speaking
        if not isinstance(speaking, ThinkingItem):
            self._hush()
            speaking = self._speaking = ThinkingItem(started_at=self._stage.now())
            self._put_streamed(speaking)
        speaking.append(text)
        self._stage.changed(speaking)

    def discard_stream(self) -> None:
        """What was streamed is not part of the conversation."""
        for item in self._streamed:
            if isinstance(item, ToolItem):
                self._tools.pop(item.call_id, None)
        self._stage.take_off(self._streamed)
        self._streamed, self._speaking = [], None

    def end_stream(self, message: Message) -> None:
        """The streamed message is whole; items that already show its blocks stay."""
        self._hush()
        streamed, self._streamed = self._streamed, []
        self._stage.take_off(self._take_blocks(message, streamed))

    def tool_streaming(self, call_id: str, name: str, fragment: str) -> None:
        """A piece of a call's arguments."""
        tool = self._tools.get(call_id)
        if tool is None or tool.is_over:
            self._hush()
            tool = self._tools[call_id] = ToolItem(call_id, name, "writing")
            self._put_streamed(tool)
        tool.write(name, fragment)
        self._stage.changed(tool)

    def tool_started(self, call_id: str, name: str, summary: str) -> None:
        """A tool began to run."""
        tool = self._tool(call_id, name)
        tool.start(name, summary, self._stage.now())
        self._stage.changed(tool)

    def tool_output(self, call_id: str, text: str) -> None:
        """A piece of a running tool's output."""
        tool = self._tool(call_id)
        tool.add_output(text)
        self._stage.changed(tool)

    def tool_finished(self, call_id: str, result: ToolResult) -> None:
        """A call was answered."""
        tool = self._tool(call_id)
        tool.finish(result)
        self._stage.changed(tool)

    def permission_waiting(self, call_id: str) -> None:
        """A person is asked about a call."""
        tool = self._tool(call_id)
        tool.wait()
        self._stage.changed(tool)

    def notice(self, text: str, level: Level, hint: str) -> None:
        """Something a person should know."""
        self._stage.put(NoticeItem(text, level, hint))

    def queued(self, message: Message) -> None:
        """A message waits for the turn's end."""
        item = PersonItem(message.text, message.id, is_queued=True)
        self._queued[message.id] = item
        self._stage.put(item)

    def drop_queue(self) -> None:
        """Queued messages went back to the person."""
        self._stage.take_off([*self._queued.values()])
        self._queued.clear()

    def compacting(self, text: str) -> None:
        """A summary is being made; `text` says so for as long as that lasts."""
        self.end_compacting()
        self._compacting = NoticeItem(text)
        self._stage.put(self._compacting)

    def end_compacting(self) -> None:
        """The summary is made, or none will be."""
        if self._compacting is not None:
            self._stage.take_off([self._compacting])
            self._compacting = None

    def compaction(self, summary: str, folded: int) -> None:
        """The model sees a summary of what came before."""
        self.end_compacting()
        self._stage.put(CompactionItem(summary, folded))

    def _person(self, message: Message) -> None:
        if message.text.startswith(RAN_IN_SHELL):
            self._shell_line(message)
            return
        waiting = self._queued.pop(message.id, None)
        if waiting is not None:
            self._stage.take_off([waiting])
        if message.text.strip():
            self._stage.put(PersonItem(message.text, message.id))
        for block in message.content:
            if isinstance(block, Image):
                self._stage.put(ImageItem(block))

    def _shell_line(self, message: Message) -> None:
        """What the model is told of a shell line: the card that stands already, or one like it."""
        if message.id in self._tools:
            return
        command, _, output = message.text.removeprefix(RAN_IN_SHELL).partition("\n")
        tool = self._tool(message.id, "bash")
        tool.called(ToolCall(message.id, "bash", {"command": command}))
        # A command that failed says so first.
        is_error = output.startswith("exit code ")
        tool.finish(ToolResult(message.id, (Text(output),), is_error))

    def _take_blocks(self, message: Message, streamed: list[Item]) -> list[Item]:
        """Show an assistant's blocks, by streamed items where they fit; the rest is returned."""
        left = list(streamed)
        for block in message.content:
            match block:
                case Text(text) if text.strip():
                    self._say(text, _take(left, AnswerItem))
                case Thinking(text) if text.strip():
                    self._think(text, _take(left, ThinkingItem))
                case ToolCall():
                    if block.id in self._tools and self._tools[block.id].is_over:
                        del self._tools[block.id]
                    tool = self._tool(block.id, block.name)
                    tool.called(block)
                    self._stage.changed(tool)
                    left = [item for item in left if item is not tool]
                case Image():
                    self._stage.put(ImageItem(block))
        return left

    def _say(self, text: str, item: AnswerItem | None) -> None:
        if item is None:
            self._stage.put(AnswerItem(text))
            return
        item.finish(text)
        self._stage.changed(item)

    def _think(self, text: str, item: ThinkingItem | None) -> None:
        if item is None:
            self._stage.put(ThinkingItem(text))
            return
        item.replace(text)
        self._stage.changed(item)

    def _tool(self, call_id: str, name: str = "") -> ToolItem:
        tool = self._tools.get(call_id)
        if tool is None:
            tool = self._tools[call_id] = ToolItem(call_id, name)
            self._stage.put(tool)
        return tool

    def _put_streamed(self, item: Item) -> None:
        self._streamed.append(item)
        self._stage.put(item)

    def _hush(self) -> None:
        """Whoever was speaking has come to an end."""
        if isinstance(self._speaking, ThinkingItem):
            self._speaking.finish(self._stage.now())
            self._stage.changed(self._speaking)
        self._speaking = None


def _take(items: list[Item], kind: type[_Kind]) -> _Kind | None:
    """The first item of a kind, taken out of `items`."""
    for at, item in enumerate(items):
        if isinstance(item, kind):
            del items[at]
            return item
    return None
