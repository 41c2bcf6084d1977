"""What every item of a transcript can do."""

from typing import ClassVar

from msgspec import Struct

from loom.markup.ink import Inks, Line
from loom.markup.render import READABLE, Renderer

LEAST_DIFF_LINES, MOST_DIFF_LINES = 8, 24
"""Of a folded diff, on a low screen and on one that is high enough."""

_GUESSED_WIDTH_USED = 0.9


class Page(Struct, frozen=True):
    """What items are rendered for.

    Attributes:
        width: cells a line may take.
        renderer: of the screen's inks.
        now: monotonic seconds.
        frame: the spinner's sign at this moment.
        diff_lines: of a folded diff so many are shown at most.
    """

    width: int
    renderer: Renderer
    now: float
    frame: str
    diff_lines: int = MOST_DIFF_LINES

    @property
    def inks(self) -> Inks:
        """The styles in use."""
        return self.renderer.inks


class Item:
    """One thing in the transcript. Lines are made on demand and must be dropped on `forget`.

    Attributes:
        is_open: shown in full rather than folded.
        is_card: stands close to a card above it, without a blank line.
        kept: of what `lines` returned last, how many at the start are the same objects as the time
            before; 0 when that is not known.
    """

    is_card: ClassVar[bool] = False
    bar: ClassVar[tuple[str, str]] = (" ", "text")
    """The sign in the gutter, and its ink."""

    def __init__(self) -> None:
        self.is_open = False
        self.kept = 0

    @property
    def text(self) -> str:
        """What copying the item yields."""
        return ""

    @property
    def can_open(self) -> bool:
        """Whether there is more to see when open."""
        return False

    @property
    def is_live(self) -> bool:
        """Whether time changes how it looks: a spinner, a counter."""
        return False

    def source(self, first: int, last: int) -> str:
        """The markdown behind its lines `first` to `last` (exclusive); empty where none is."""
        return ""

    def codes(self) -> list[str]:
        """Its blocks of code, as they were written."""
        return []

    def lines(self, page: Page) -> list[Line]:
        """The item as lines; lines that did not change since the last call are the same objects."""
        raise NotImplementedError

    def estimate(self, width: int) -> int:
        """How many lines it may take, without rendering it."""
        return guess_prose(self.text, width)

    def forget(self) -> None:
        """Drop what can be made again."""


def guess_prose(text: str, width: int) -> int:
    """`guess_lines` of text that is wrapped to be readable."""
    return guess_lines(text, min(width, READABLE))


def guess_lines(text: str, width: int) -> int:
    """Lines that `text` may take: its own, and as many as its length needs."""
    return max(1, text.count("\n") + 1, int(len(text) / (width * _GUESSED_WIDTH_USED)) + 1)
