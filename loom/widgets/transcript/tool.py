"""One tool call, from its first argument to its result: a line, and its output folded below."""

import re
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from loom.core.messages import Display, Image, ToolCall, ToolResult, text_of
from loom.markup.clean import expand_tabs, one_line, plain_output, visible
from loom.markup.diff import diff_lines
from loom.markup.drawn import Aside, Drawn
from loom.markup.ink import Line
from loom.markup.wrap import chop, in_order
from loom.widgets.labels import call_title, duration, elapsed
from loom.widgets.transcript.item import MOST_DIFF_LINES, Item, Page, guess_lines
from loom.widgets.transcript.talk import image_label

FOLDED_LINES = 8
OPEN_LINES = 2_000
_KEPT_OUTPUT = 1 << 18
_BORDER = "│ "
_WRITTEN_HEAD = 2_000
_SUBJECT = re.compile(r'"(?:path|command|query|pattern|description)"\s*:\s*("(?:[^"\\]|\\.)*")')
"""In arguments that are being written, one that says what the call is about."""

Status = Literal["writing", "pending", "waiting", "running", "done", "failed", "interrupted"]

_SIGNS: dict[Status, tuple[str, str]] = {
    "writing": ("", "accent"),
    "pending": ("○", "muted"),
    "waiting": ("‖", "warning"),
    "running": ("", "accent"),
    "done": ("✓", "success"),
    "failed": ("✗", "error"),
    "interrupted": ("●", "warning"),
}
_WORDS: dict[Status, str] = {
    "waiting": "waits for you",
    "interrupted": "interrupted",
}


class ToolItem(Item):
    """A tool call's card."""

    is_card: ClassVar[bool] = True

    def __init__(self, call_id: str, name: str = "", status: Status = "pending") -> None:
        super().__init__()
        self.call_id = call_id
        self.status: Status = status
        self._name = one_line(name)
        self._summary = ""
        self._outcome = ""
        self._started_at = 0.0
        self._written = ""
        self._written_lines = 1
        self._output = ""
        self._result: ToolResult | None = None
        self._body: _Body | None = None

    @property
    def text(self) -> str:
        """The summary and the whole output."""
        return f"{self._title}\n{self._whole_output}".strip()

    @property
    def can_open(self) -> bool:
        """There is output."""
        return bool(self._whole_output.strip()) or self._diff is not None

    @property
    def is_over(self) -> bool:
        """Nothing more is to come: a provider may give another call the same id."""
        return self.status in ("done", "failed", "interrupted")

    @property
    def is_live(self) -> bool:
        """At work."""
        return self.status in ("writing", "running")

    def write(self, name: str, fragment: str) -> None:
        """The model writes the call: a piece of its arguments."""
        self._name = one_line(name) or self._name
        self._written_lines += fragment.count("\\n")
        if not self._summary and len(self._written) < _WRITTEN_HEAD:
            self._written += fragment
            self._summary = _subject_in(self._written)

    def called(self, call: ToolCall) -> None:
        """The call is known and waits for its turn."""
        self._name = one_line(call.name) or self._name
        self._summary = _summary_of(call) or self._summary
        if self.status == "writing":
            self.status = "pending"

    def wait(self) -> None:
        """A person is asked."""
        self.status = "waiting"

    def start(self, name: str, summary: str, now: float) -> None:
        """The tool runs, from monotonic second `now`."""
        self._name = one_line(name) or self._name
        self._summary = one_line(summary) or self._summary
        self._started_at = now
        self.status = "running"

    def add_output(self, text: str) -> None:
        """A piece of output; only the last part of a very long one is kept until the result."""
        self._output = (self._output + text)[-_KEPT_OUTPUT:]
        self._body = None

    def finish(self, result: ToolResult) -> None:
        """The call was answered."""
        self._result = result
        self._body = None
        self.status = "failed" if result.is_error else "done"
        outcome = one_line(result.display.summary) if result.display else ""
        name, subject = call_title(self._name, self._summary)
        if not subject:
            self._summary, outcome = outcome, ""
        # "a.py: 24 lines" beside "read_file a.py" says the same twice.
        self._outcome = outcome.removeprefix(name).replace(subject, "").strip(" :")

    def interrupt(self) -> None:
        """Loom ended before the call was answered."""
        self.status = "interrupted"

    def lines(self, page: Page) -> list[Line]:
        """The headline and the body."""
        if self._body is None or not self._body.fits(page, self.is_open):
            self._body = _Body(page, self._body_lines(page), is_open=self.is_open)
        return [self._headline(page), *self._body.lines]

    def estimate(self, width: int) -> int:
        """The folded body is short."""
        if self._diff is not None:
            size = self._diff.body.count("\n") + 1
            return 1 + (size if self.is_open else min(size, MOST_DIFF_LINES + 1))
        size = guess_lines(self._whole_output, width) if self._whole_output.strip() else 0
        return 1 + min(size, OPEN_LINES if self.is_open else FOLDED_LINES + 1)

    def forget(self) -> None:
        """The rendered body."""
        self._body = None

    @property
    def _title(self) -> str:
        return " ".join(call_title(self._name, self._summary)).strip()

    @property
    def _diff(self) -> Display | None:
        display = self._result.display if self._result else None
        return display if display and display.kind == "diff" and display.body else None

    @property
    def _whole_output(self) -> str:
        result = self._result
        if result is None:
            return self._output
        if result.display is not None and result.display.body:
            return result.display.body
        images = (image_label(piece) for piece in result.content if isinstance(piece, Image))
        return "\n".join((text_of(result.content), *images)).strip("\n")

    def _headline(self, page: Page) -> Line:
        sign, ink = _SIGNS[self.status]
        right = self._aside(page)
        room = max(1, page.width - 2 - (cell_len(right) + 2 if right else 0))
        title = self._title
        if cell_len(title) > room:
            title = set_cell_size(title, max(0, room - 1)) + "…"
        name, _, rest = title.partition(" ")
        line = [
            Drawn(f"{sign or page.frame} ", page.inks("text", ink)),
            Segment(name, page.inks("text", "strong")),
            Segment(f" {rest}" if rest else "", page.inks("text")),
            Drawn(f"  {right}" if right else "", page.inks("text", "muted")),
        ]
        return in_order([segment for segment in line if segment.text])

    def _aside(self, page: Page) -> str:
        """What stands right of the title: how it ended, how long, or what is awaited."""
        if self.status == "running":
            seconds = page.now - self._started_at
            return elapsed(seconds) if seconds >= 1 else ""
        if self.status == "writing":
            return f"{self._written_lines} lines" if self._written_lines > 1 else ""
        if self._result is not None:
            ms = self._result.duration_ms
            return "  ".join(part for part in (self._outcome, duration(ms) if ms else "") if part)
        return _WORDS.get(self.status, "")

    def _body_lines(self, page: Page) -> list[Line]:
        border = Drawn(_BORDER, page.inks("text", "rule"))
        width = max(1, page.width - len(_BORDER))
        if self._diff is not None:
            lines = diff_lines(self._diff.body, width, page.inks, names_file=False)
            lines = self._folded_diff(lines, page)
        else:
            lines = self._output_lines(page, width)
        return [[border, *line] for line in lines]

    def _folded_diff(self, lines: list[Line], page: Page) -> list[Line]:
        most = page.diff_lines
        if self.is_open or len(lines) <= most + 1:
            return lines
        hidden = f"⋯ {len(lines) - most} more lines"
        return [*lines[:most], [Aside(hidden, page.inks("text", "muted"))]]

    def _output_lines(self, page: Page, width: int) -> list[Line]:
        """The output's last lines, a document's first; and how many are not shown."""
        wanted = OPEN_LINES if self.is_open else FOLDED_LINES
        rows, hidden = _rows(self._whole_output, wanted, from_start=self._is_document)
        style = page.inks("text", "error" if self.status == "failed" else "muted")
        lines: list[Line] = []
        for row in rows:
            lines.extend(chop([(expand_tabs(row), style)], width))
        if not self.is_open:
            shown = 2 * FOLDED_LINES
            lines = lines[:shown] if self._is_document else lines[-shown:]
        if hidden:
            note = f"⋯ {hidden} {'more' if self._is_document else 'earlier'} lines"
            place = len(lines) if self._is_document else 0
            lines.insert(place, [Aside(note[:width], page.inks("text", "thinking"))])
        return lines

    @property
    def _is_document(self) -> bool:
        """Whether the output is read from its start: a file, a listing, a plan."""
        display = self._result.display if self._result else None
        return display is not None and display.kind in ("text", "listing", "todo")


class _Body:
    """A card's body as it was rendered for one page."""

    def __init__(self, page: Page, lines: list[Line], *, is_open: bool) -> None:
        self.lines = lines
        self._of = (page.renderer, page.width, page.diff_lines, is_open)

    def fits(self, page: Page, is_open: bool) -> bool:
        return self._of == (page.renderer, page.width, page.diff_lines, is_open)


def _rows(text: str, count: int, *, from_start: bool) -> tuple[list[str], int]:
    """At most `count` rows of output made plain, and how many more there are."""
    text = text.rstrip("\n")
    if not text.strip():
        return [], 0
    total = text.count("\n") + 1
    if total > count and from_start:
        text = "\n".join(text.split("\n", count)[:count])
    elif total > count:
        text = "\n".join(text.rsplit("\n", count)[1:])
    return plain_output(text).split("\n"), max(0, total - count)


def _summary_of(call: ToolCall) -> str:
    """One line from the arguments, for a call whose tool has said nothing yet."""
    if call.malformed:
        return "malformed arguments"
    for value in call.input.values():
        if isinstance(value, str) and value.strip():
            return one_line(visible(value[:200]))
    return ""


def _subject_in(written: str) -> str:
    """What a call is about, as soon as that stands in its arguments."""
    import json  # here: the first frame has no use for it

    found = _SUBJECT.search(written)
    try:
        return one_line(visible(json.loads(found[1])[:200])) if found else ""
    except ValueError:
        return ""
