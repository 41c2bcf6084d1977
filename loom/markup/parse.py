"""Markdown to blocks: CommonMark 0.31 with GFM's tables, strikethrough, tasks and autolinks."""

from collections.abc import Callable, Iterator
from functools import cache
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
    Span,
    Spans,
    Table,
)
from loom.markup.clean import visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

References = dict[str, Any]
"""Link definitions by label, as markdown-it keeps them; parsing adds to it, the first one wins."""

_MARKS = {"strong": "strong", "em": "emphasis", "s": "strike"}
_LINE_BREAKS = ("<br>", "<br/>", "<br />")


def parse(text: str, references: References | None = None) -> tuple[Block, ...]:
    """The blocks of a whole document.

    Args:
        text: markdown; control characters are made visible first.
        references: definitions of what came before; those of `text` are added to it.
    """
    return build(tokens(visible(text), references))


def tokens(text: str, references: References | None = None) -> "list[Token]":
    """markdown-it's flat tokens of `text`, which holds no control characters."""
    return _parser().parse(text, {"references": {} if references is None else references})


def build(stream: "list[Token]") -> tuple[Block, ...]:
    """Tokens of whole blocks as a tree of blocks."""
    return _blocks(iter(stream), "")


def is_block(token: "Token") -> bool:
    """Whether a block begins with this token."""
    return token.type in _BUILDERS


def language_of(info: str) -> str:
    """The first word of a fence's info string, its entities and escapes resolved."""
    if "&" in info or "\\" in info:
        from markdown_it.common.utils import unescapeAll

        info = visible(unescapeAll(info))
    return next(iter(info.split()), "")


@cache
def _parser() -> "MarkdownIt":
    """The one parser; building its rule tables costs more than parsing a page.

    Bare domains are not links, as GFM has it: `main.py` is no site in Paraguay.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("gfm-like")
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False})
    return parser


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
    """An inline token's children with the marks and the link that stand open at each."""
    found: list[Span] = []
    marks: list[str] = []
    links: list[str] = []
    for child in token.children or ():
        kind, _, edge = child.type.rpartition("_")
        if kind == "link":
            links.append(str(child.attrs.get("href", ""))) if edge == "open" else links.pop()
        elif kind in _MARKS:
            marks.append(_MARKS[kind]) if edge == "open" else marks.pop()
        else:
            text, mark, link = _leaf(child)
            if text:
                own = (*marks, mark) if mark else tuple(marks)
                found.append(Span(text, own, link or (links[-1] if links else "")))
    return tuple(found)


def _leaf(child: "Token") -> tuple[str, str, str]:
    """One childless inline token as (text, mark, link)."""
    match child.type:
        case "code_inline":
            return visible(child.content), "code", ""
        case "softbreak":
            return " ", "", ""
        case "hardbreak":
            return "\n", "", ""
        case "html_inline":
            is_break = child.content.lower() in _LINE_BREAKS
            return ("\n", "", "") if is_break else (child.content, "html", "")
        case "image":
            alternative = "".join(_leaf(inner)[0] for inner in child.children or ())
            return f"[image {alternative}]", "image", str(child.attrs.get("src", ""))
        case _:
            # Only an entity puts a line feed here, and that is white space.
            return visible(child.content).replace("\n", " "), "", ""
