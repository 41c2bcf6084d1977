"""A transcript that keeps only what is not finished: the rest is printed once, and is gone."""

import time
from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from loom.core.messages import Message
from loom.widgets.message_list import MessageList
from loom.widgets.transcript.flow import GUTTER
from loom.widgets.transcript.item import MOST_DIFF_LINES, Item
from loom.widgets.transcript.notice import NoticeItem

Print = Callable[[Sequence[Strip]], None]
"""Takes lines that stand on no background of ours, without trailing blanks."""

_TURNS = 2
"""Of a conversation that is opened: what was said from a person's last message but one on."""


class PrintedList(MessageList):
    """Finished items leave it, in order, through `print_lines`; each message is printed once."""

    can_focus = False

    def __init__(self, print_lines: Print, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock=clock)
        self._print_lines = print_lines
        self._seen: set[str] = set()
        self._printed_last: Item | None = None
        self._is_begun = False

    def show(self, messages: Sequence[Message]) -> None:
        """Print the end of a conversation; of one that was shown already, what is new in it."""
        fresh: Sequence[Message] = [message for message in messages if message.id not in self._seen]
        if messages and len(fresh) < len(messages):
            self.discard_stream()
        else:
            fresh = self._opened(messages)
        for message in fresh:
            self.add(message)
        self._script.settle()

    def show_end(self, messages: Sequence[Message]) -> None:
        """Nothing: what is printed stays, so it waits until all of it is known."""

    def add(self, message: Message) -> None:
        """As the base; the message is remembered."""
        self._seen |= {message.id} - {""}
        super().add(message)

    def end_stream(self, message: Message) -> None:
        """As the base; the message is remembered."""
        self._seen |= {message.id} - {""}
        super().end_stream(message)

    def flush(self) -> None:
        """Draw what changed, and print what will change no more."""
        super().flush()
        if self.is_attached and self.size:
            self._hand_over()

    def print_rest(self) -> None:
        """Print also what is being written, as far as it came: nothing more comes."""
        super().flush()
        if self.is_attached and self.size and self._is_begun_by_now():
            self._print([item for item in self.items if not self._script.is_queued(item)])

    @property
    def _diff_lines(self) -> int:
        """What is printed cannot be opened."""
        return MOST_DIFF_LINES

    def _opened(self, messages: Sequence[Message]) -> Sequence[Message]:
        self.clear()
        self._seen = {message.id for message in messages if message.id}
        self._is_begun = bool(messages)
        first = _start(messages)
        if first:
            self.notice(f"{first} earlier messages are not printed.", hint="`loom log` prints all.")
        return messages[first:]

    def _hand_over(self) -> None:
        if items := self._finished():
            self._print(items)

    def _print(self, items: Sequence[Item]) -> None:
        strips = [strip for item in items for strip in self._strips_of(item)]
        self.take_off(items)
        self._print_lines(strips)

    def _finished(self) -> list[Item]:
        """Items from the first on that are final. A welcome waits until something is said."""
        finished: list[Item] = []
        for item in self.items:
            if self._script.is_queued(item):
                continue  # it is put again, at its place, when its turn comes
            if not self._script.is_final(item):
                break
            finished.append(item)
        return finished if self._is_begun_by_now() else []

    def _is_begun_by_now(self) -> bool:
        self._is_begun |= any(not isinstance(item, NoticeItem) for item in self.items)
        return self._is_begun

    def _strips_of(self, item: Item) -> list[Strip]:
        index = self._flow.place(item)
        if index is None:
            return []
        last, self._printed_last = self._printed_last, item
        is_close = last is None or (item.is_card and last.is_card)
        sign, ink = item.bar
        gutter = Segment(sign.ljust(GUTTER), self.inks("text", ink))
        lines = self._flow.lines_of(index)
        strips = [_bare(Strip([gutter, *line]), self.inks("text")) for line in lines]
        return strips if is_close else [Strip([]), *strips]


def _start(messages: Sequence[Message]) -> int:
    """Where to begin so that no call is parted from its result."""
    said = [at for at, each in enumerate(messages) if each.role == "user" and each.text.strip()]
    return said[-_TURNS] if len(said) > _TURNS else 0


def _bare(strip: Strip, base: Style) -> Strip:
    """A line for any terminal: no background, and its own ink where ours is the plain one."""
    segments = [Segment(text, _unlaid(style or base, base)) for text, style, _ in strip]
    bare = Strip(segments)
    return bare.crop(0, Strip([Segment(bare.text.rstrip())]).cell_length)


def _unlaid(style: Style, base: Style) -> Style:
    return Style(
        color=None if style.color == base.color else style.color,
        bold=style.bold,
        dim=style.dim,
        italic=style.italic,
        underline=style.underline,
        strike=style.strike,
        reverse=style.reverse,
        link=style.link,
    )
