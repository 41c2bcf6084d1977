"""CommonMark's block rules, bounded by `limits`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import blockquote, lheading, reference, table
from markdown_it.rules_block.table import escapedSplit

from loom.markup.limits import COLUMNS, IS_CONTINUED, LINES, MISSING, MISSING_CELLS, MOST, SHORT

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock


def bounded_parser() -> MarkdownIt:
    """A parser of GitHub's markdown, of which only blocks are asked; domains alone are no links."""
    parser = MarkdownIt("gfm-like")
    blocks = _Blocks()
    blocks.ruler = parser.block.ruler
    blocks.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    blocks.ruler.at("lheading", _underlined)
    blocks.ruler.at("reference", _definition)
    blocks.ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.block = blocks
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False})
    return parser


class _Blocks(ParserBlock):
    """Blocks, of which an item at the top of a document ends in time."""

    def tokenize(self, state: "StateBlock", startLine: int, endLine: int) -> None:  # noqa: N803
        """Read lines of one container."""
        if state.level != 2 or state.tokens[-1].type != "list_item_open":
            super().tokenize(state, startLine, endLine)
            return
        last, state.lineMax = state.lineMax, _end(state, startLine, endLine, MOST, LINES)
        super().tokenize(state, startLine, state.lineMax)
        state.lineMax = last


def _end(state: "StateBlock", start: int, end: int, size: int, lines: int) -> int:
    """The first line after `start` that begins `size` characters or `lines` lines after it."""
    most = state.bMarks[start] + size
    last = min(end, start + lines)
    for line in range(start + 1, last):
        if state.bMarks[line] > most:
            return line
    return last


def _is_short(state: "StateBlock", line: int) -> bool:
    return state.eMarks[line] - state.bMarks[line] <= SHORT


def _is_free(state: "StateBlock", line: int) -> bool:
    """Whether a block may begin there that needs its whole first line."""
    return _is_short(state, line) and not (line == 0 and IS_CONTINUED in state.env)


def _underlined(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    if not _is_free(state, start):
        return False
    return lheading(state, start, _end(state, start, end, SHORT, LINES), silent)


def _definition(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    if not _is_free(state, start):
        return False
    last, state.lineMax = state.lineMax, _end(state, start, state.lineMax, SHORT, LINES)
    found = reference(state, start, end, silent)
    state.lineMax = last
    return found


def _quote(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    if state.level == 0 and not silent:
        end = _end(state, start, end, MOST, LINES)
    return blockquote(state, start, end, silent)


def _table(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    if start + 2 > end or not _is_free(state, start) or not _is_short(state, start + 1):
        return False
    if _line(state, start + 1).count("|") > COLUMNS + 1:
        return False
    if silent or not table(state, start, start + 2, True):
        return silent and table(state, start, end, True)
    return table(state, start, _rows_end(state, start, end), False)


def _rows_end(state: "StateBlock", start: int, end: int) -> int:
    """The line at which too many cells are missing in the table that begins at `start`."""
    count = _cells(_line(state, start))
    missing = state.env.get(MISSING, 0) if start == 0 else 0
    for at in range(start + 2, end):
        row = _line(state, at).strip()
        if not row or len(row) > MOST:
            return at
        missing += max(0, count - _cells(row))
        if missing > MISSING_CELLS:
            return at
    return end


def _line(state: "StateBlock", at: int) -> str:
    return state.src[state.bMarks[at] : state.eMarks[at]]


def missing_cells(head: str, rows: Iterable[str]) -> int:
    """How many cells these rows of a table lack in all, beside those of its head."""
    count = _cells(head)
    return sum(max(0, count - _cells(row)) for row in rows)


def _cells(row: str) -> int:
    cells = escapedSplit(row.strip())
    return len(cells) - (cells[0] == "") - (len(cells) > 1 and cells[-1] == "")
