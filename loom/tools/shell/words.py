"""A word of a shell line with its quotes removed, as bash would remove them.

Source: Bash Reference Manual, §3.1.2 Quoting and §3.5 Shell Expansions.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


class Unreadable(Exception):
    """The line holds something that is not understood well enough to judge it."""


@dataclass(frozen=True)
class Word:
    """One word.

    Attributes:
        text: without quotes; what only the shell can expand stands as it is written.
        is_static: the command receives exactly `text`, whatever the variables and the files are.
        is_single: the command receives it as one word.
        is_bare: written without any quote or escape, so that it may be a keyword.
    """

    text: str
    is_static: bool = True
    is_single: bool = True
    is_bare: bool = False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Piece:
    text: str
    is_quoted: bool
    is_static: bool = True


_EXPANDED = frozenset(
    {
        "simple_expansion",
        "expansion",
        "command_substitution",
        "process_substitution",
        "arithmetic_expansion",
    }
)
_GLOB = re.compile(r"[*?\[]")
_BRACES = re.compile(r"\{.*(,|\.\.).*\}", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\([$`"\\\n])')
_ANSI_ESCAPE = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})"
    r"|U([0-9a-fA-F]{1,8})|(.?))",
    re.DOTALL,
)
_ANSI_NAMED = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))


def table(text: str) -> frozenset[str]:
    """The words of `text`, for tables of names."""
    return frozenset(text.split())


def word(node: "Node") -> Word:
    """The word that `node` is. Raises Unreadable."""
    pieces = list(_pieces(node))
    text = "".join(piece.text for piece in pieces)
    is_static = all(piece.is_static for piece in pieces) and not _expands(pieces)
    is_single = is_static or all(piece.is_static or piece.is_quoted for piece in pieces)
    is_bare = node.type == "word" and source(node) == text
    return Word(text, is_static, is_single, is_bare)


def static(word: Word) -> str:
    """The text of `word`. Raises Unreadable when only the shell will know it."""
    if not word.is_static:
        raise Unreadable(f"{word}, which only the shell will know")
    return word.text


def source(node: "Node") -> str:
    """The text of `node` as it is written."""
    return (node.text or b"").decode()


def gaps(node: "Node", children: Iterable["Node"]) -> Iterator[str]:
    """What of `node` lies before, between and after `children`."""
    text, start = node.text or b"", node.start_byte
    position = 0
    for child in children:
        yield text[position : child.start_byte - start].decode()
        position = child.end_byte - start
    yield text[position:].decode()


def _expands(pieces: list[_Piece]) -> bool:
    """Globs, braces or a tilde would make other words of it."""
    bare = "".join(
        "\0" if piece.is_quoted or not piece.is_static else piece.text for piece in pieces
    )
    return bool(
        _GLOB.search(bare)
        or _BRACES.search(bare)
        or bare.startswith("~")
        or re.search("[=:]~", bare)
    )


def _pieces(node: "Node") -> Iterator[_Piece]:
    match node.type:
        case "word" | "number" | "variable_name" | "test_operator":
            yield from _unquoted(source(node))
        case "brace_expression" | "extglob_pattern":
            if re.search(r"[$`<>'\"\\]", source(node)):
                raise Unreadable("a pattern with an expansion")
            yield _Piece(source(node), is_quoted=False, is_static=False)
        case "raw_string":
            yield _Piece(source(node)[1:-1], is_quoted=True)
        case "ansi_c_string":
            yield _Piece(_ansi(source(node)[2:-1]), is_quoted=True)
        case "string":
            yield from _in_quotes(node)
        case "concatenation":
            yield from _joined(node)
        case kind if kind in _EXPANDED:
            yield _Piece(source(node), is_quoted=False, is_static=False)
        case kind:
            raise Unreadable(f"a word of kind {kind}")


def _unquoted(text: str) -> Iterator[_Piece]:
    position = 0
    for escape in _ESCAPED.finditer(text):
        yield _plain(text[position : escape.start()])
        if escape[1] != "\n":
            yield _Piece(escape[1], is_quoted=True)
        position = escape.end()
    yield _plain(text[position:])


def _plain(text: str) -> _Piece:
    # The grammar should have seen these; a word that still holds one was misread.
    if re.search(r"[\s`'\";&|<>()\\]|\$.", text):
        raise Unreadable(f"a word with {text!r}")
    return _Piece(text, is_quoted=False)


def _in_quotes(node: "Node") -> Iterator[_Piece]:
    children = [child for child in node.children if child.type in _EXPANDED]
    literals = list(gaps(node, children))
    literals[0] = literals[0][1:]
    literals[-1] = literals[-1][:-1]
    for index, literal in enumerate(literals):
        if index:
            expanded = source(children[index - 1])
            yield _Piece(expanded, is_quoted="@" not in expanded, is_static=False)
        demand_literal(literal)
        yield _Piece(_ESCAPED_IN_QUOTES.sub(_kept, literal), is_quoted=True)


def _kept(escape: re.Match[str]) -> str:
    return "" if escape[1] == "\n" else escape[1]


def demand_literal(text: str) -> None:
    """Raise Unreadable when `text`, within double quotes, would still be expanded."""
    bare = _ESCAPED.sub("", text)
    if re.search(r"`|\$[({\[A-Za-z0-9_@*#?$!-]|\"", bare):
        raise Unreadable("an expansion that the grammar did not see")


def _joined(node: "Node") -> Iterator[_Piece]:
    if any(gap.replace("\\\n", "") for gap in gaps(node, node.children)):
        raise Unreadable("a word with a gap")
    for child in node.children:
        if not child.is_named and child.type != "$":
            raise Unreadable(f"a word with {child.type}")
        if child.type == "$":
            # `$` before a quote changes the quote's meaning.
            raise Unreadable("a dollar sign in a word")
        yield from _pieces(child)


def _ansi(text: str) -> str:
    return _ANSI_ESCAPE.sub(_ansi_character, text)


def _ansi_character(escape: re.Match[str]) -> str:
    named, octal, byte, short, long, other = escape.groups()
    if named is not None:
        return _ANSI_NAMED[named]
    if other is not None:
        raise Unreadable(f"the escape \\{other}")
    number = int(octal, 8) if octal else int(byte or short or long, 16)
    is_text = 0 < number < 0x80 or ((short or long) and 0 < number < 0xD800)
    if not is_text:
        raise Unreadable(f"the character {number}")
    return chr(number)
