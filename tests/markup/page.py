"""HTML that a markdown parser wrote, and blocks, both as the same nested tuples.

Inline text is a tuple of (text, marks, link), its white space collapsed as browsers show it.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby
from typing import Any

from loom.markup.blocks import Block, Bullets, Code, Heading, Html, Paragraph, Quote, Rule, Span

Node = tuple[Any, ...]
BREAK = "⏎"
MARKS = {"em": "emphasis", "strong": "strong", "code": "code", "del": "strike", "s": "strike"}
BLOCKS = re.compile("p|h[1-6]|blockquote|ul|ol|pre|hr")
VOID = ("br", "hr", "img")


def outline(blocks: tuple[Block, ...]) -> list[Node]:
    """What Loom made of a text."""
    return [_node(block) for block in blocks]


def letters(nodes: list[Node]) -> str:
    """The text of an outline, HTML as it was written."""
    found = ""
    for kind, *rest in nodes:
        match kind:
            case "list":
                found += "".join(map(letters, rest[2]))
            case "blockquote":
                found += letters(rest[0])
            case "html" | "pre":
                found += rest[-1]
            case "hr":
                pass
            case _:
                found += "".join(span[0] for span in rest[0])
    return found


def _node(block: Block) -> Node:
    match block:
        case Paragraph(spans):
            return ("p", inline([*spans]))
        case Heading(level, spans):
            return (f"h{level}", inline([*spans]))
        case Code(text, language):
            return ("pre", language, text)
        case Quote(blocks):
            return ("blockquote", outline(blocks))
        case Bullets(items, start, is_tight):
            return ("list", start, is_tight, [outline(item.blocks) for item in items])
        case Rule():
            return ("hr",)
        case Html(text):
            return ("html", text)
        case _:
            return ("table",)


def inline(spans: list[Span]) -> tuple[Node, ...]:
    """Spans with their white space collapsed; those that look alike and meet are one."""
    cells: list[tuple[str, tuple[str, ...], str]] = []
    for span in spans:
        style = (tuple(sorted({*span.marks})), span.link)
        for letter in re.sub(r"[ \t\n]+", " ", span.text.replace("\n", BREAK)):
            if letter != " " or (cells and cells[-1][0] not in (" ", BREAK)):
                if letter == BREAK and cells and cells[-1][0] == " ":
                    cells.pop()
                cells.append((letter, *style))
    while cells and cells[-1][0] in (" ", BREAK):
        cells.pop()
    groups = groupby(cells, lambda cell: cell[1:])
    return tuple(("".join(cell[0] for cell in group), *style) for style, group in groups)


@dataclass
class Element:
    """An element of the page."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)


class Page(HTMLParser):
    """The elements of a page that is well formed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open = [Element("page", {})]
        self.feed(html)
        self.close()

    @property
    def outline(self) -> list[Node]:
        """Its blocks."""
        return _blocks(self._open[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open it, unless it is void."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text."""
        self._open[-1].children.append(data)


def _blocks(element: Element) -> list[Node]:
    found: list[Node] = []
    for is_block, group in groupby(element.children, _is_block):
        children = [*group]
        if is_block:
            found.extend(_block(child) for child in children if isinstance(child, Element))
        elif spans := inline(_spans(children, (), "")):
            found.append(("p", spans))
    return found


def _is_block(child: Element | str) -> bool:
    return isinstance(child, Element) and BLOCKS.fullmatch(child.tag) is not None


def _block(element: Element) -> Node:
    match element.tag:
        case "hr":
            return ("hr",)
        case "blockquote":
            return ("blockquote", _blocks(element))
        case "pre":
            (code,) = (child for child in element.children if isinstance(child, Element))
            language = code.attributes.get("class", "").removeprefix("language-")
            return ("pre", language, "".join(map(str, code.children)).removesuffix("\n"))
        case "ul" | "ol":
            return _list(element)
        case _:
            return (element.tag, inline(_spans(element.children, (), "")))


def _list(element: Element) -> Node:
    items = [child for child in element.children if isinstance(child, Element)]
    inside = [child for item in items for child in item.children if isinstance(child, Element)]
    start = int(element.attributes.get("start", 1)) if element.tag == "ol" else None
    is_tight = all(child.tag != "p" for child in inside)
    return ("list", start, is_tight, [_blocks(item) for item in items])


def _spans(children: "list[Element | str]", marks: tuple[str, ...], link: str) -> list[Span]:
    found: list[Span] = []
    for child in children:
        if isinstance(child, str):
            found.append(Span(child.replace("\n", " "), marks, link))
        elif child.tag == "br":
            found.append(Span("\n", marks, link))
        elif child.tag == "img":
            text, source = child.attributes["alt"], child.attributes["src"]
            found.append(Span(f"[image {text}]", (*marks, "image"), source))
        else:
            mark = (MARKS[child.tag],) if child.tag in MARKS else ()
            target = child.attributes.get("href", link)
            found.extend(_spans(child.children, (*marks, *mark), target))
    return found
