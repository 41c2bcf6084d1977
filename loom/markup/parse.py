"""Markdown to blocks: CommonMark 0.31 with GFM's tables, strikethrough, tasks and autolinks."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from loom.markup.blocks import (
    Alignment,
    Block,
    Bullets,
    Code,
    Heading,
    Html,
    Item,
    Paragraph,
    Quote,
    Rule,
    Spans,
    Table,
)
from loom.markup.clean import visible
from loom.markup.prose import Prose, References, parser

if TYPE_CHECKING:
    from markdown_it.token import Token


def parse(text: str, references: References | None = None) -> tuple[Block, ...]:
    """The blocks of a whole document.

    Args:
        text: markdown; control characters are made visible first.
        references: definitions of what came before; those of `text` are added to it.
    """
    known = {} if references is None else references
    return build(tokens(visible(text), known), Prose(known))


def tokens(text: str, references: References | None = None, **context: Any) -> "list[Token]":
    """markdown-it's flat tokens of `text`, which holds no control characters; no inline ones.

    Args:
        text: markdown.
        references: definitions of what came before; those of `text` are added to it.
        context: of the environment that the rules look at, by the names in `limits`.
    """
    found: list[Token] = []
    environment = {"references": {} if references is None else references, **context}
    parser().block.parse(text, parser(), environment, found)
    return found


def build(stream: "list[Token]", prose: Prose) -> tuple[Block, ...]:
    """Tokens of whole blocks as a tree of blocks, their text read by `prose`."""
    for token in stream:
        if token.type == "inline":
            token.meta["spans"] = prose.read(token.content)
    return _blocks(iter(stream), "")


def is_block(token: "Token") -> bool:
    """Whether a block begins with this token."""
    return token.type in _BUILDERS


def line_of(token: "Token") -> int:
    """The line that a block's token begins on."""
    return token.map[0] if token.map else 0


def language_of(info: str) -> str:
    """The first word of a fence's info string, its entities and escapes resolved."""
    if "&" in info or "\\" in info:
        from markdown_it.common.utils import unescapeAll

        info = visible(unescapeAll(info))
    return next(iter(info.split()), "")


def _blocks(stream: "Iterator[Token]", closing: str) -> tuple[Block, ...]:
    found: list[Block] = []
    for token in stream:
        if token.type == closing:
            break
        builder = _BUILDERS.get(token.type)
        if builder is not None:
            found.append(builder(token, stream))
    return tuple(found)


def _paragraph(_token: "Token", stream: "Iterator[Token]") -> Block:
    return Paragraph(_spans_until(stream, "paragraph_close"))


def _heading(token: "Token", stream: "Iterator[Token]") -> Block:
    return Heading(int(token.tag[1:]), _spans_until(stream, "heading_close"))


def _fence(token: "Token", _stream: "Iterator[Token]") -> Block:
    return Code(token.content.removesuffix("\n"), language_of(token.info))


def _indented(token: "Token", _stream: "Iterator[Token]") -> Block:
    return Code(token.content.removesuffix("\n"))


def _rule(_token: "Token", _stream: "Iterator[Token]") -> Block:
    return Rule()


def _html(token: "Token", _stream: "Iterator[Token]") -> Block:
    return Html(token.content.rstrip("\n"))


def _quote(_token: "Token", stream: "Iterator[Token]") -> Block:
    return Quote(_blocks(stream, "blockquote_close"))


def _list(token: "Token", stream: "Iterator[Token]") -> Block:
    closing = token.type.replace("_open", "_close")
    start = int(token.attrs.get("start", 1)) if token.tag == "ol" else None
    items: list[Item] = []
    is_tight = True
    for inner in stream:
        if inner.type == closing:
            break
        watched = _Watch(stream)
        items.append(_task(_blocks(watched, "list_item_close")))
        is_tight = is_tight and not watched.is_loose
    return Bullets(tuple(items), start, is_tight)


class _Watch:
    """The tokens of one item, noticing whether a paragraph directly in it is shown as one."""

    def __init__(self, stream: "Iterator[Token]") -> None:
        self._stream = stream
        self._depth = 0
        self.is_loose = False

    def __iter__(self) -> "Iterator[Token]":
        return self

    def __next__(self) -> "Token":
        token = next(self._stream)
        if token.type == "paragraph_open" and self._depth == 0 and not token.hidden:
            self.is_loose = True
        self._depth += token.nesting
        return token


def _task(blocks: tuple[Block, ...]) -> Item:
    """An item, a task when its text begins with `[ ] ` or `[x] ` (GFM §5.3)."""
    first = blocks[0] if blocks else None
    if not isinstance(first, Paragraph) or not first.spans:
        return Item(blocks)
    text = first.spans[0].text
    if text[:4].lower() not in ("[ ] ", "[x] ") or first.spans[0].marks:
        return Item(blocks)
    rest = (first.spans[0]._replace(text=text[4:].lstrip()), *first.spans[1:])
    return Item((Paragraph(rest), *blocks[1:]), is_done=text[1] != " ")


def _table(_token: "Token", stream: "Iterator[Token]") -> Block:
    rows: list[list[Spans]] = []
    alignments: list[Alignment] = []
    for token in stream:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            alignments.append(_alignment(token))
        elif token.type == "inline":
            rows[-1].append(_spans(token))
    header, *body = (tuple(row) for row in rows)
    return Table(header, tuple(body), tuple(alignments))


def _alignment(token: "Token") -> Alignment:
    style = str(token.attrs.get("style", ""))
    if style.endswith("right"):
        return "right"
    return "center" if style.endswith("center") else "left"


_BUILDERS: "dict[str, Callable[[Token, Iterator[Token]], Block]]" = {
    "paragraph_open": _paragraph,
    "heading_open": _heading,
    "fence": _fence,
    "code_block": _indented,
    "hr": _rule,
    "html_block": _html,
    "blockquote_open": _quote,
    "bullet_list_open": _list,
    "ordered_list_open": _list,
    "table_open": _table,
}


def _spans_until(stream: "Iterator[Token]", closing: str) -> Spans:
    spans: Spans = ()
    for token in stream:
        if token.type == closing:
            break
        if token.type == "inline":
            spans = _spans(token)
    return spans


def _spans(token: "Token") -> Spans:
    spans: Spans = token.meta["spans"]
    return spans
