"""Blocks that are still being written and need not be read from their start again.

Of a list or a table every item or row but the last is there to stay, of other text every line but
the last ones. What is kept so is never read again, not even at the end: what stands before the
rest when that is read (`lead`) makes it read as it would in its place.
"""

import re
from typing import TYPE_CHECKING, Any

from loom.markup.blocks import Block, Bullets, Code, Html, Item, Paragraph, Spans, Table
from loom.markup.limits import IS_CONTINUED, MISSING, SHORT
from loom.markup.parse import line_of, tokens

if TYPE_CHECKING:
    from markdown_it.token import Token

Lines = list[str]
Seam = tuple[int, int]
"""A line and a place in it."""

NOWHERE: Seam = (0, 0)
_MARKER = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?=\s|$)")


class OpenRun:
    """The finished parts of a block that goes on.

    Attributes:
        lead: what must stand before the rest for it to be read rightly; empty before any `keep`.
        context: what the rules must know of the finished parts.
    """

    def __init__(self) -> None:
        self.lead = ""
        self.context: dict[str, Any] = {}

    @staticmethod
    def at(token: "Token") -> "OpenRun | None":
        """What keeps parts of the block that `token` begins; None where it is read as a whole."""
        made = _KINDS.get(token.type)
        return made() if made else None

    def mend(self, found: "list[Token]") -> None:
        """Put into the tokens of a reading what only the whole can say."""

    def joined(self, rest: Block) -> Block:
        """The whole block, given the one that lead and rest make."""
        raise NotImplementedError

    def seam(self, found: "list[Token]", lines: Lines) -> Seam:
        """Where, in lead and rest, all before can be kept; NOWHERE if nothing can be."""
        raise NotImplementedError

    def keep(self, rest: Block, part: Block | None, lines: Lines, seam: Seam) -> None:
        """Take over what is before a seam of `lines`, the first of which is the block's.

        Args:
            rest: what was read of all of them.
            part: what reads otherwise of those before the seam; None if nothing does.
            lines: of lead and rest.
            seam: a place in them.
        """
        raise NotImplementedError


class OpenParagraph(OpenRun):
    """A long paragraph: its lines are not looked at again. `Prose` knows what it has read."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def mend(self, found: "list[Token]") -> None:
        """The text is that of the whole."""
        if self.lead:
            token = next(token for token in found if token.type == "inline")
            token.content = (self._text + token.content.removeprefix(self.lead)).strip(" \t\n")

    def joined(self, rest: Block) -> Block:
        """It was mended."""
        return rest

    def seam(self, found: "list[Token]", lines: Lines) -> Seam:
        """Well before the end: the last but one may be the head of a table yet, if it is short."""
        first, end = found[0].map or (0, 0)
        place = len(lines) - 3
        if len(lines) == end and len(lines[-1]) > SHORT:
            seam = (len(lines) - 1, len(lines[-1]) - 1)
        elif first < place < end:
            seam = (place, 0)
        else:
            return NOWHERE
        is_long = bool(self.lead) or sum(map(len, lines[first : seam[0]])) + seam[1] > SHORT
        return seam if is_long else NOWHERE

    def keep(self, rest: Block, part: Block | None, lines: Lines, seam: Seam) -> None:
        """Take over text."""
        line, place = seam
        kept = "\n".join((*lines[:line], lines[line][:place]))
        self._text += kept.removeprefix(self.lead)
        self.lead, self.context = "x", {IS_CONTINUED: True}


class OpenList(OpenRun):
    """A list; its lead is an item with a paragraph, which shows whether the list is loose."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._start: int | None = None
        self._count = 0
        self._is_loose = False
        self._has_paragraph = False

    def joined(self, rest: Block) -> Block:
        """The list with the items of `rest`."""
        if not self.lead or not isinstance(rest, Bullets):
            return rest
        items = rest.items[1:]
        is_loose = self._is_loose or not rest.is_tight
        is_tight = not (is_loose and (self._has_paragraph or _has_paragraph(items)))
        return Bullets((*self._items, *items), self._start, is_tight)

    def seam(self, found: "list[Token]", lines: Lines) -> Seam:
        """The last item that has begun on a complete line."""
        starts = [line_of(token) for token in found if _is_item(token)]
        self._count, at = _last_complete(starts, lines)
        is_sure = self._count > bool(self.lead) and _MARKER.match(lines[at])
        return (at, 0) if is_sure else NOWHERE

    def keep(self, rest: Block, part: Block | None, lines: Lines, seam: Seam) -> None:
        """Take over items."""
        if not isinstance(rest, Bullets):
            return
        read = part if isinstance(part, Bullets) else rest
        items = read.items[bool(self.lead) : self._count]
        if not self.lead:
            self._start = rest.start
        text = "\n".join(lines[:-1])
        self._is_loose |= _is_loose(text if self.lead else _beside(lines[0]) + text)
        self._has_paragraph |= _has_paragraph(items)
        self._items.extend(items)
        self.lead = _beside(lines[seam[0]])


class OpenTable(OpenRun):
    """A table; its lead is the header and the line below it."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[Spans, ...]] = []
        self._count = 0

    def joined(self, rest: Block) -> Block:
        """The table with the rows of `rest`."""
        if not isinstance(rest, Table):
            return rest
        return Table(rest.header, (*self._rows, *rest.rows), rest.alignments)

    def seam(self, found: "list[Token]", lines: Lines) -> Seam:
        """The last row whose line is complete."""
        starts = [line_of(token) for token in found if token.type == "tr_open"]
        count, at = _last_complete(starts, lines)
        self._count = count - 1
        return (at, 0) if self._count > 0 else NOWHERE

    def keep(self, rest: Block, part: Block | None, lines: Lines, seam: Seam) -> None:
        """Take over rows."""
        from loom.markup.rules import missing_cells

        if isinstance(rest, Table):
            read = part if isinstance(part, Table) else rest
            self._rows.extend(read.rows[: self._count])
        missing = self.context.get(MISSING, 0) + missing_cells(lines[0], lines[2 : seam[0]])
        self.lead, self.context = "\n".join((*lines[:2], "")), {MISSING: missing}


class OpenText(OpenRun):
    """Indented code or HTML: lines that are taken as they are."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: Lines = []

    def joined(self, rest: Block) -> Block:
        """The block with the lines of `rest`."""
        if not isinstance(rest, Html | Code) or not self._kept:
            return rest
        text = "\n".join((*self._kept, *self._own(rest)))
        return Html(text.rstrip("\n")) if isinstance(rest, Html) else Code(text)

    def seam(self, found: "list[Token]", lines: Lines) -> Seam:
        """The last complete line that is not blank."""
        first, end = found[0].map or (0, 0)
        begin = first + bool(self.lead)
        places = range(min(len(lines) - 1, end) - 1, begin, -1)
        place = next((at for at in places if lines[at].strip()), 0)
        return (place, 0) if len(lines[first]) <= SHORT else NOWHERE

    def keep(self, rest: Block, part: Block | None, lines: Lines, seam: Seam) -> None:
        """Take over lines."""
        if isinstance(rest, Html | Code):
            self._kept.extend(self._own(rest)[: seam[0] - bool(self.lead)])
        if isinstance(rest, Html) and not self.lead:
            self.lead = lines[0] + "\n"

    def _own(self, rest: Html | Code) -> Lines:
        """The lines of `rest` without the lead."""
        return rest.text.split("\n")[bool(self.lead) :]


_KINDS: dict[str, type[OpenRun]] = {
    "paragraph_open": OpenParagraph,
    "bullet_list_open": OpenList,
    "ordered_list_open": OpenList,
    "table_open": OpenTable,
    "html_block": OpenText,
    "code_block": OpenText,
}


def _is_item(token: "Token") -> bool:
    """An item of the list itself, not of one in it."""
    return token.level == 1 and token.type == "list_item_open"


def _has_paragraph(items: tuple[Item, ...]) -> bool:
    return any(isinstance(block, Paragraph) for item in items for block in item.blocks)


def _beside(line: str) -> str:
    """An item with a paragraph, beside the one that begins with `line` and not around it."""
    marker = _MARKER.match(line)
    return f"{marker[0] if marker else '-'} x\n"


def _is_loose(text: str) -> bool:
    """Whether the paragraph that a list begins with is shown as one."""
    return not next(token for token in tokens(text) if token.type == "paragraph_open").hidden


def _last_complete(starts: list[int], lines: Lines) -> tuple[int, int]:
    """The last of the parts that begin on these lines and not on the last: number and line."""
    complete = [at for at in starts if at < len(lines) - 1]
    return len(complete) - 1, complete[-1] if complete else 0
