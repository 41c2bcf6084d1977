"""Highlighted source that grows: each line is read once, with the lexer's state of the line before.

Reading line by line is what lets an open fence be coloured as it arrives, and makes a block look
the same streamed or whole. A lexer whose single pattern spans lines (a block comment) is carried
over them by trying the comment's end.
"""

from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from typing import Any

from rich.style import Style

from loom.markup.clean import expand_tabs
from loom.markup.drawn import CodeLabel, Drawn, Margin
from loom.markup.ink import Inks, Line
from loom.markup.wrap import Run, chop, width_of

_LONGEST_LINE = 1_000
_KEPT_BLOCKS = 32
_COMMENT_ENDS = {"/*": "*/", "<!--": "-->"}

_INK_OF_TOKEN = {
    "Comment": "comment",
    "Keyword": "keyword",
    "Keyword.Type": "type",
    "Keyword.Constant": "constant",
    "Name.Function": "function",
    "Name.Class": "type",
    "Name.Builtin": "function",
    "Name.Builtin.Pseudo": "constant",
    "Name.Decorator": "function",
    "Name.Exception": "type",
    "Name.Constant": "constant",
    "Name.Tag": "keyword",
    "Name.Attribute": "function",
    "Name.Variable": "name",
    "Literal.String": "string",
    "Literal.String.Escape": "constant",
    "Literal.Number": "number",
    "Literal.Date": "number",
    "Operator": "operator",
    "Operator.Word": "keyword",
    "Generic.Heading": "strong",
    "Generic.Subheading": "strong",
    "Generic.Inserted": "diff_add",
    "Generic.Deleted": "diff_remove",
    "Generic.Prompt": "comment",
}

Coloured = tuple[str, str]
"""A piece of a line and its ink name; the empty name is plain code."""


class Highlighter:
    """Lines of one piece of source, in order, coloured as a lexer for `language` sees them."""

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language)
        self._stack: tuple[str, ...] = ("root",)
        self._open_comment = ""

    def feed(self, line: str) -> list[Coloured]:
        """The next complete line."""
        pieces, self._stack, self._open_comment = self._read(line)
        return pieces

    def peek(self, line: str) -> list[Coloured]:
        """The next line while it is still being written."""
        return self._read(line)[0]

    def _read(self, line: str) -> tuple[list[Coloured], tuple[str, ...], str]:
        if self._lexer is None or len(line) > _LONGEST_LINE:
            return [(line, "")], self._stack, self._open_comment
        head: list[Coloured] = []
        if end := self._open_comment:
            at = line.find(end)
            if at < 0:
                return [(line, "comment")], self._stack, end
            head, line = [(line[: at + len(end)], "comment")], line[at + len(end) :]
        pieces, stack = self._lex(line)
        for opening, closing in _COMMENT_ENDS.items():
            at = line.rfind(opening)
            if at >= 0 and closing not in line[at:] and (tried := self._try_end(line, closing)):
                return head + tried[0], tried[1], closing
        return head + pieces, stack, ""

    def _try_end(self, line: str, end: str) -> tuple[list[Coloured], tuple[str, ...]] | None:
        """`line` read as if its comment ended with it, or None if that makes no comment."""
        pieces, stack = self._lex(line + end)
        last, ink = pieces[-1] if pieces else ("", "")
        if ink != "comment" or not last.endswith(end) or len(last) <= len(end):
            return None
        return [*pieces[:-1], (last.removesuffix(end), ink)], stack

    def _lex(self, line: str) -> tuple[list[Coloured], tuple[str, ...]]:
        if isinstance(self._lexer, _Resumable):
            return self._lexer.read(line, self._stack)
        pieces = ((text.rstrip("\n"), _ink(kind)) for kind, text in self._lexer.get_tokens(line))
        return [piece for piece in pieces if piece[0]], self._stack


class _Resumable:
    """A pygments RegexLexer that can be stopped after a line and gone on with."""

    def __init__(self, lexer: Any) -> None:
        self._lexer = lexer

    def read(self, line: str, stack: tuple[str, ...]) -> tuple[list[Coloured], tuple[str, ...]]:
        """The pieces of `line` and the stack of states after it."""
        states = list(stack)
        pieces: list[Coloured] = []
        for kind, text in self._tokens(line + "\n", states):
            ink, text = _ink(kind), text.replace("\n", "")
            if not text:
                continue
            if pieces and pieces[-1][1] == ink:
                pieces[-1] = (pieces[-1][0] + text, ink)
            else:
                pieces.append((text, ink))
        return pieces, tuple(states[-50:])

    def _tokens(self, text: str, states: list[str]) -> Iterator[tuple[Any, str]]:
        """Source: pygments.lexer.RegexLexer.get_tokens_unprocessed, with the states handed in."""
        position = 0
        while position < len(text):
            rule = self._first_match(text, position, states[-1])
            if rule is None:
                yield (), text[position]
                position += 1
                continue
            match, action, change = rule
            if action is not None:
                yield from self._acted(action, match)
            position = match.end()
            _change(states, change)

    def _first_match(self, text: str, position: int, state: str) -> tuple[Any, Any, Any] | None:
        for match_here, action, change in self._lexer._tokens[state]:
            match = match_here(text, position)
            if match:
                return match, action, change
        return None

    def _acted(self, action: Any, match: Any) -> Iterator[tuple[Any, str]]:
        from pygments.token import _TokenType

        if isinstance(action, _TokenType):
            yield action, match.group()
            return
        for _, kind, text in action(self._lexer, match):
            yield kind, text


def _change(states: list[str], change: Any) -> None:
    """Apply a rule's new state: a tuple of names and moves, a count to pop, or `#push`."""
    if change is None:
        return
    if isinstance(change, int):
        del states[max(1, len(states) + change) if change < 0 else len(states) :]
    elif change == "#push":
        states.append(states[-1])
    else:
        for move in change:
            if move == "#pop":
                if len(states) > 1:
                    states.pop()
            else:
                states.append(states[-1] if move == "#push" else move)


@cache
def _lexer(language: str) -> Any:
    """The lexer for a fence's language, or None: an unknown language is plain text."""
    from pygments.lexer import ExtendedRegexLexer, RegexLexer
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    name = language.strip("{}.").partition(",")[0].lower()
    if not name or name in ("text", "txt", "plain", "plaintext", "output"):
        return None
    try:
        lexer = get_lexer_by_name(name, ensurenl=False, stripnl=False)
    except ClassNotFound:
        return None
    is_resumable = isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer)
    return _Resumable(lexer) if is_resumable else lexer


@cache
def _ink(kind: Any) -> str:
    """The ink of a pygments token: its own or its nearest ancestor's."""
    path = str(kind).removeprefix("Token").lstrip(".").split(".")
    while path:
        if ink := _INK_OF_TOKEN.get(".".join(path)):
            return ink
        path.pop()
    return ""


class CodePainter:
    """Code blocks as lines on their own background; a block that grew costs its new lines only."""

    def __init__(self, inks: Inks) -> None:
        self._inks = inks
        self._blocks: OrderedDict[tuple[str, int, str], PaintedCode] = OrderedDict()

    def lines(self, code: str, language: str, width: int) -> list[Line]:
        """`code` in exactly `width` cells: a label if there is a language, then the code."""
        first, _, _ = code.partition("\n")
        key = (language, width, first)
        block = self._blocks.get(key)
        if block is None or not block.is_prefix_of(code):
            block = self._blocks[key] = PaintedCode(language, width, self._inks)
        self._blocks.move_to_end(key)
        while len(self._blocks) > _KEPT_BLOCKS:
            self._blocks.popitem(last=False)
        return block.extend(code)


class PaintedCode:
    """The complete lines of a block, painted; the last line is painted anew each time."""

    def __init__(self, language: str, width: int, inks: Inks) -> None:
        self._width = width
        self._inks = inks
        self._base = inks("text", "code_block")
        self._highlighter = Highlighter(language)
        self._source = ""
        self._lines: list[Line] = []
        if language:
            label: Run = (f" {language[: width - 2]}", inks("text", "code_block", "code_label"))
            line = self._padded(chop([label], width)[0])
            self._lines.append([CodeLabel(text, style) for text, style, _ in line])

    @property
    def sure(self) -> int:
        """Lines that stay as they are."""
        return len(self._lines)

    def is_prefix_of(self, code: str) -> bool:
        """Whether `code` begins with what was painted."""
        return code.startswith(self._source)

    def extend(self, code: str) -> list[Line]:
        """All lines of `code`, of which only new ones are painted."""
        *complete, last = code[len(self._source) :].split("\n")
        for line in complete:
            self._lines.extend(self._painted(self._highlighter.feed(expand_tabs(line))))
            self._source += line + "\n"
        return self._lines + self._painted(self._highlighter.peek(expand_tabs(last)))

    def _painted(self, pieces: list[Coloured]) -> list[Line]:
        runs = [(text, self._style(ink)) for text, ink in pieces]
        margin = Margin(" ", self._base)
        return [self._padded([margin, *line]) for line in chop(runs, max(1, self._width - 2))]

    def _style(self, ink: str) -> Style:
        return self._inks("text", "code_block", ink) if ink else self._base

    def _padded(self, line: Line) -> Line:
        missing = self._width - width_of(line)
        return [*line, Drawn(" " * missing, self._base)] if missing > 0 else line
