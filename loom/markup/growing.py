"""Blocks that are still being written and need not be read from their start again.

A fence takes its lines as they are. Of a list or a table, every item or row but the last is there
to stay; only the whole of it, parsed once at its end, says for certain how it looks.
"""

import re
from typing import TYPE_CHECKING

from loom.markup.blocks import Block, Bullets, Code, Item, Spans, Table
from loom.markup.parse import language_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})")


class OpenFence:
    """A fenced block without its end: complete lines are kept, the last one waits."""

    def __init__(self, opening: "re.Match[str]", info: str, size: int) -> None:
        marker = opening[2]
        self._language = language_of(info)
        self._indent = re.compile(f" {{0,{len(opening[1])}}}")
        self._is_closing = re.compile(
            f" {{0,3}}{re.escape(marker[0])}{{{len(marker)},}}[ \t]*"
        ).fullmatch
        self._is_marker = re.compile(f" {{0,3}}{re.escape(marker[0])}+[ \t]*").fullmatch
        self._code = ""
        self._partial = ""
        self._size = size

    @classmethod
    def at(cls, token: "Token", text: str) -> "OpenFence | None":
        """The fence that `token` begins in `text` and that is open at its end, if it is one."""
        first = line_of(token)
        lines = text.split("\n")
        opening = _OPENING.match(lines[first]) if token.type == "fence" else None
        if opening is None or len(lines) < first + 2:
            return None
        fence = cls(opening, token.info, len("\n".join((*lines[: first + 1], ""))))
        return fence if fence.feed("\n".join(lines[first + 1 :])) is None else None

    @property
    def block(self) -> Code:
        """The block as it stands; what may become its end is not shown as code."""
        partial = "" if self._is_marker(self._partial) else self._dedent(self._partial)
        return Code((self._code + partial).removesuffix("\n"), self._language)

    def feed(self, text: str) -> int | None:
        """Add text; once the closing line came, where it ends, counted as `size` was."""
        *lines, self._partial = (self._partial + text).split("\n")
        added: list[str] = []
        for line in lines:
            self._size += len(line) + 1
            if self._is_closing(line):
                return self._size
            added.append(self._dedent(line) + "\n")
        self._code += "".join(added)
        return None

    def _dedent(self, line: str) -> str:
        return self._indent.sub("", line, count=1)


class OpenRun:
    """The finished parts of a block that goes on.

    Attributes:
        lead: what must stand before the rest for it to be read rightly.
        size: characters of the text that need not be parsed again.
    """

    def __init__(self, lead: str = "") -> None:
        self.lead = lead
        self.size = len(lead)

    @staticmethod
    def at(token: "Token", text: str) -> "OpenRun | None":
        """What to read the block that `token` begins with, if it is a list or a table."""
        if token.type in ("bullet_list_open", "ordered_list_open"):
            return OpenList()
        lines = text.split("\n")
        body = line_of(token) + 2
        if token.type == "table_open" and len(lines) > body:
            return OpenTable("\n".join((*lines[:body], "")))
        return None

    def joined(self, rest: Block) -> Block | None:
        """The whole block, given the one that lead and rest make; None if they do not fit."""
        raise NotImplementedError

    def advance(self, found: "list[Token]", rest: Block, text: str) -> None:
        """Take over all parts of `rest` but the last, if that has begun on a complete line."""
        starts = [line_of(token) for token in found if self.is_part(token)]
        lines = text.split("\n")
        if len(starts) > 1 and starts[-1] < len(lines) - 1:
            self.keep(rest)
            taken = sum(len(line) + 1 for line in lines[: starts[-1]])
            self.size += taken - len(self.lead)

    def is_part(self, token: "Token") -> bool:
        """Whether `token` begins an item or a row."""
        raise NotImplementedError

    def keep(self, rest: Block) -> None:
        """Take over all parts of `rest` but the last."""
        raise NotImplementedError


class OpenList(OpenRun):
    """A list; its kind is that of its first items, and one loose part makes it loose."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._kind: Bullets | None = None

    def joined(self, rest: Block) -> Block | None:
        """The list with the items of `rest`."""
        kind = self._kind
        if kind is None:
            return rest
        if not isinstance(rest, Bullets) or (rest.start is None) != (kind.start is None):
            return None
        is_tight = kind.is_tight and rest.is_tight
        return Bullets((*self._items, *rest.items), kind.start, is_tight)

    def is_part(self, token: "Token") -> bool:
        """An item of the list itself, not of one in it."""
        return token.level == 1 and token.type == "list_item_open"

    def keep(self, rest: Block) -> None:
        """Take over items."""
        if isinstance(rest, Bullets):
            start = self._kind.start if self._kind else rest.start
            is_tight = rest.is_tight and (self._kind is None or self._kind.is_tight)
            self._items.extend(rest.items[:-1])
            self._kind = Bullets((), start, is_tight)


class OpenTable(OpenRun):
    """A table; its lead is all up to the line below the header."""

    def __init__(self, lead: str) -> None:
        super().__init__(lead)
        self._rows: list[tuple[Spans, ...]] = []

    def joined(self, rest: Block) -> Block | None:
        """The table with the rows of `rest`."""
        if not isinstance(rest, Table):
            return None
        return Table(rest.header, (*self._rows, *rest.rows), rest.alignments)

    def is_part(self, token: "Token") -> bool:
        """A row, but not the header."""
        return token.type == "tr_open" and line_of(token) > 0

    def keep(self, rest: Block) -> None:
        """Take over rows."""
        if isinstance(rest, Table):
            self._rows.extend(rest.rows[:-1])


def line_of(token: "Token") -> int:
    """The line that a block's token begins on."""
    return token.map[0] if token.map else 0
