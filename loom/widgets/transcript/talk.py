"""What the person and the model say: messages, answers as they are written, thinking, images."""

from collections.abc import Sequence
from typing import ClassVar

from loom.core.messages import Image
from loom.markup.blocks import Block
from loom.markup.clean import visible
from loom.markup.drawn import Aside, drawn
from loom.markup.ink import Line
from loom.markup.painted import Painted
from loom.markup.parse import parse
from loom.markup.render import Renderer
from loom.markup.settled import before_head, settled
from loom.markup.stream import MarkdownStream
from loom.markup.wrap import wrap
from loom.widgets.labels import elapsed
from loom.widgets.transcript.item import Item, Page, guess_prose

_FOLDED_LINES = 20
_LONG_LINE = 2_000


class PersonItem(Item):
    """The person's message, as it was typed; a long one is folded."""

    bar: ClassVar[tuple[str, str]] = ("▌", "bar")

    def __init__(self, text: str, message_id: str = "", *, is_queued: bool = False) -> None:
        super().__init__()
        self._text = text
        self.message_id = message_id
        self.is_queued = is_queued

    @property
    def text(self) -> str:
        """The message."""
        return self._text

    @property
    def can_open(self) -> bool:
        """A message of more lines than are shown folded."""
        return self._text.count("\n") >= _FOLDED_LINES

    def lines(self, page: Page) -> list[Line]:
        """The text, then what is folded away or that it waits."""
        shown = self._text.rstrip()
        hidden = 0
        if self.can_open and not self.is_open:
            rows = shown.split("\n")
            shown, hidden = "\n".join(rows[:_FOLDED_LINES]), len(rows) - _FOLDED_LINES
        ink = "muted" if self.is_queued else "person"
        lines = page.renderer.plain(visible(shown), page.width, ink)
        if hidden:
            lines.append([Aside(f"⋯ {hidden} more lines", page.inks("text", "muted"))])
        if self.is_queued:
            lines.append([Aside("queued for the next turn", page.inks("text", "thinking"))])
        return lines

    def estimate(self, width: int) -> int:
        """A folded message counts its first lines only."""
        guessed = super().estimate(width)
        return min(guessed, _FOLDED_LINES + 1) if self.can_open and not self.is_open else guessed


class AnswerItem(Item):
    """The model's words in markdown, whole or as they come."""

    def __init__(self, text: str = "", *, is_streaming: bool = False) -> None:
        super().__init__()
        self._text = text
        self._stream = MarkdownStream() if is_streaming else None
        self._pending: list[str] = []
        self._line = ""
        self._length = len(text)
        self._blocks: Sequence[Block] | None = None
        self._painted: Painted | None = None
        self._of: tuple[Renderer, int] | None = None

    @property
    def text(self) -> str:
        """The markdown."""
        return self._stream.source + "".join(self._pending) if self._stream else self._text

    def append(self, text: str) -> None:
        """Take a piece of a streamed answer; it is parsed when it is next looked at."""
        self._pending.append(text)
        self._length += len(text)

    def finish(self, text: str) -> None:
        """The answer is `text`; what was rendered stays if that is what was streamed."""
        stream = self._stream
        if stream is None or self.text != text:
            self._text, self._stream = text, None
            self._blocks = self._painted = None
            return
        stream.append("".join(self._pending))
        self._pending.clear()
        stream.finish()
        self._text, self._stream = text, None
        self._blocks = stream.frozen

    def lines(self, page: Page) -> list[Line]:
        """Finished blocks from what is kept, the live one from where it changed."""
        painted = self._painted_for(page)
        if self._stream is not None:
            self._take_pending(self._stream)
            painted.update(self._stream.frozen, self._stream.live)
        else:
            if self._blocks is None:
                self._blocks = parse(self._text)
            painted.update(self._blocks)
        self.kept = painted.kept
        return painted.lines

    def _painted_for(self, page: Page) -> Painted:
        of = (page.renderer, page.width)
        if self._painted is None or self._of != of:
            self._of, self._painted = of, Painted(*of)
        return self._painted

    def estimate(self, width: int) -> int:
        """By its length alone while it is written: the text is in pieces."""
        return guess_prose(self._text, width) if self._text else 1 + self._length // width

    def source(self, first: int, last: int) -> str:
        """The markdown of the blocks that these lines show."""
        from loom.markup.sources import block_sources

        places = self._painted.starts if self._painted else []
        sources = block_sources(self.text)
        if len(places) != len(sources):
            return self.text
        ends = [*places[1:], last + 1]
        chosen = zip(sources, places, ends, strict=True)
        return "\n\n".join(text for text, at, end in chosen if at < last and end > first)

    def codes(self) -> list[str]:
        """The blocks of code in the answer, from the top."""
        from loom.markup.sources import codes

        return [code.text for code in codes(parse(self.text))]

    def forget(self) -> None:
        """The blocks and lines of a finished answer."""
        self._painted = None
        if self._stream is None:
            self._blocks = None

    def _take_pending(self, stream: MarkdownStream) -> None:
        """Parse what came, but not what may be the head of a table yet."""
        text = "".join(self._pending)
        begin = text.find("\n") + 1 if self._line else 0
        at = begin + before_head(text[begin:]) if begin or not self._line else len(text)
        if at < len(text):
            self._take(stream, text[:at])
            if not (stream.is_in_code or stream.is_in_table):
                self._pending = [text[at:]]
                return
        self._take(stream, text[at:] or text)

    def _take(self, stream: MarkdownStream, text: str) -> None:
        """Parse text, but of its last line only what will stay as it looks."""
        if not text:
            return
        lines, end, last = text.rpartition("\n")
        if end:
            stream.append(lines + end)
            self._line = ""
        whole = self._line + last
        size = len(whole) if stream.is_in_code else max(settled(whole), len(self._line))
        if size > len(self._line):
            stream.append(whole[len(self._line) : size])
        # What is shown stays: of a very long line only its end is looked at again.
        self._line = whole[max(0, size - 1) : size] if size > _LONG_LINE else whole[:size]
        self._pending = [whole[size:]] if size < len(whole) else []


class ThinkingItem(Item):
    """The model's visible reasoning, one line until it is opened."""

    is_card: ClassVar[bool] = True

    def __init__(self, text: str = "", *, started_at: float | None = None) -> None:
        super().__init__()
        self._parts = [text]
        self._started_at = started_at
        self._is_over = started_at is None
        self._seconds = 0.0

    @property
    def text(self) -> str:
        """The reasoning."""
        return "".join(self._parts)

    @property
    def can_open(self) -> bool:
        """There is reasoning to read."""
        return bool(self.text.strip())

    @property
    def is_live(self) -> bool:
        """Still thinking."""
        return not self._is_over

    def append(self, text: str) -> None:
        """Take a piece."""
        self._parts.append(text)

    def finish(self, now: float) -> None:
        """The thought is over, at monotonic second `now`."""
        if not self._is_over and self._started_at is not None:
            self._seconds = now - self._started_at
        self._is_over = True

    def replace(self, text: str) -> None:
        """The thought was `text`."""
        self._parts = [text]

    def lines(self, page: Page) -> list[Line]:
        """The one line; below it the reasoning when open."""
        label = wrap([(self._label(page), page.inks("text", "thinking"))], page.width)
        lines = [drawn(line) for line in label]
        if self.is_open:
            lines += page.renderer.plain(visible(self.text.strip()), page.width, "thinking")
        return lines

    def estimate(self, width: int) -> int:
        """One line when folded."""
        return 1 + guess_prose(self.text, width) if self.is_open else 1

    def _label(self, page: Page) -> str:
        if not self._is_over:
            seconds = page.now - (self._started_at or page.now)
            return f"{page.frame} thinking … {elapsed(seconds)}"
        sign = "▾" if self.is_open else "▸"
        took = f" for {elapsed(self._seconds)}" if self._seconds >= 1 else ""
        return f"{sign} Thought{took}"


class ImageItem(Item):
    """An image, named by its kind and size."""

    def __init__(self, image: Image) -> None:
        super().__init__()
        self._label = image_label(image)

    @property
    def text(self) -> str:
        """The label; pixels are not copied."""
        return self._label

    def lines(self, page: Page) -> list[Line]:
        """The label."""
        return wrap([(self._label, page.inks("text", "image"))], page.width)


def image_label(image: Image) -> str:
    """`[image png 120 kB]`; the size is that of the file, not of its base64."""
    size = len(image.data) * 3 // 4
    kind = visible(image.media_type).removeprefix("image/")
    amount = f"{size} B" if size < 1_000 else f"{round(size / 1_000)} kB"
    return f"[image {kind} {amount}]"
