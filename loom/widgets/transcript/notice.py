"""What Loom itself has to say: notices, and where older messages were folded away."""

from typing import ClassVar, Literal

from loom.markup.clean import visible
from loom.markup.drawn import Drawn, drawn
from loom.markup.ink import Line
from loom.markup.parse import parse
from loom.markup.wrap import chop
from loom.widgets.transcript.item import Item, Page

Level = Literal["info", "warning", "error"]
_SIGNS: dict[Level, tuple[str, str]] = {
    "info": ("·", "muted"),
    "warning": ("!", "warning"),
    "error": ("✗", "error"),
}


class NoticeItem(Item):
    """What happened, and the next step."""

    def __init__(self, text: str, level: Level = "info", hint: str = "") -> None:
        super().__init__()
        self._text = visible(text).strip()
        self._hint = visible(hint).strip()
        self._sign, self._ink = _SIGNS.get(level, _SIGNS["info"])

    @property
    def text(self) -> str:
        """Notice and hint."""
        return f"{self._text}\n{self._hint}".strip()

    def lines(self, page: Page) -> list[Line]:
        """The sign and the text; the hint below, quieter."""
        style = page.inks("text", self._ink)
        body = page.renderer.plain(self._text, page.width - 2, self._ink)
        if self._hint:
            body += page.renderer.plain(self._hint, page.width - 2, "muted")
        first, *rest = body
        indent = Drawn("  ", style)
        return [[Drawn(f"{self._sign} ", style), *first], *([indent, *line] for line in rest)]


class CompactionItem(Item):
    """Where the model's view begins anew: a rule across, the summary on opening."""

    bar: ClassVar[tuple[str, str]] = ("──", "rule")

    def __init__(self, summary: str, folded: int) -> None:
        super().__init__()
        self._summary = summary
        self._folded = folded

    @property
    def text(self) -> str:
        """The summary."""
        return self._summary

    @property
    def can_open(self) -> bool:
        """There is a summary to read."""
        return bool(self._summary.strip())

    def lines(self, page: Page) -> list[Line]:
        """The rule with what was folded; the summary when open."""
        sign = "▾" if self.is_open else "▸"
        label = f"{sign} compacted: the model sees a summary of {self._folded} messages "
        rest = "─" * max(0, page.width - len(label))
        runs = [(label, page.inks("text", "muted")), (rest, page.inks("text", "rule"))]
        lines = [drawn(line) for line in chop(runs, page.width)[:1]]
        if self.is_open:
            lines += page.renderer.render(parse(self._summary), page.width)
        return lines

    def estimate(self, width: int) -> int:
        """One line when folded."""
        return super().estimate(width) + 1 if self.is_open else 1
