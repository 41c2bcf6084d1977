"""Markdown as HTML, from Loom's own blocks: what is no markdown of theirs is text.

Nothing is loaded: an image is a link to where it lies. Links go to http, https and mailto, and tell
neither where they were found nor give the other page a hand on this one.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from loom.markup.blocks import (
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
from loom.markup.clean import safe_link
from loom.markup.code import Highlighter
from loom.markup.diff import read_diff
from loom.markup.parse import parse
from loom.server.pages.html import Content, tag
from loom.server.pages.html import Html as Markup

_TAGS = {"strong": "strong", "emphasis": "em", "strike": "s", "code": "code"}
_SIGNS = {"add": "+", "remove": "-", "context": " ", "hunk": "⋯ ", "file": "", "note": ""}
EFFORT = 2.0
LONGEST_LINE = 300
"""Characters; longer ones are not coloured."""

DEEPEST = 20
"""Quotes and lists in each other, beyond which a part is left out."""

LANGUAGES = frozenset(
    (
        *("bash", "c", "c++", "cmake", "console", "cpp", "css", "csharp", "diff", "docker"),
        *("dockerfile", "go", "graphql", "haskell", "html", "ini", "java", "javascript", "js"),
        *("json", "jsx", "kotlin", "lua", "make", "makefile", "nix", "objective-c", "perl"),
        *("php", "powershell", "protobuf", "py", "python", "rb", "ruby", "rust", "rs", "scala"),
        *("scss", "sh", "shell", "sql", "svelte", "swift", "terraform", "toml", "ts", "tsx"),
        *("typescript", "vim", "vue", "xml", "yaml", "yml", "zig", "zsh"),
    )
)
"""What is coloured: a page is made for strangers, and many lexers can be kept busy for long."""

Redact = Callable[[str], str]


class Prose:
    """Makes HTML of markdown, in the thread that made the Prose.

    Args:
        redact: sees each text as it is read: entities hide nothing.
        effort: seconds of CPU, after which texts stay as they were written.
    """

    def __init__(self, redact: Redact, effort: float = EFFORT) -> None:
        self._redact = redact
        self._until = time.thread_time() + effort

    @property
    def _is_tired(self) -> bool:
        return time.thread_time() >= self._until

    def markdown(self, text: str) -> Content:
        """A whole text."""
        if self._is_tired:
            return tag("pre", self._redact(text))
        return self._blocks(parse(text), 0)

    def code(self, text: str, language: str = "") -> Markup:
        """Source, coloured by language."""
        known = language.lower() if language.lower() in LANGUAGES else ""
        highlighter = Highlighter(known)
        lines = (self._line(highlighter, line) for line in self._redact(text).split("\n"))
        return tag("pre", tag("code", lines))

    def _line(self, highlighter: Highlighter, line: str) -> Content:
        is_plain = len(line) > LONGEST_LINE or self._is_tired
        return [line, "\n"] if is_plain else _coloured(highlighter, line)

    def diff(self, text: str) -> Markup:
        """A unified diff, a line each."""
        lines = (
            tag("span", f"{_SIGNS[line.kind]}{line.text}\n", class_=f"diff-{line.kind}")
            for line in read_diff(self._redact(text))
        )
        return tag("pre", tag("code", lines), class_="diff")

    def _blocks(self, blocks: Iterable[Block], depth: int) -> Content:
        if depth > DEEPEST:
            return tag("p", "…")
        return [self._block(block, depth) for block in blocks]

    def _block(self, block: Block, depth: int) -> Content:
        match block:
            case Paragraph(spans):
                return tag("p", self._spans(spans))
            case Heading(level, spans):
                return tag(f"h{min(level + 2, 6)}", self._spans(spans))
            case Code(text, language):
                return self.code(text, language)
            case Quote(blocks):
                return tag("blockquote", self._blocks(blocks, depth + 1))
            case Bullets():
                return self._list(block, depth)
            case Table():
                return self._table(block)
            case Rule():
                return tag("hr")
            case Html(text):
                return tag("pre", self._redact(text))

    def _list(self, bullets: Bullets, depth: int) -> Markup:
        name = "ul" if bullets.start is None else "ol"
        items = (self._item(item, bullets, depth) for item in bullets.items)
        return tag(name, items, start=bullets.start if bullets.start not in (None, 1) else None)

    def _item(self, item: Item, bullets: Bullets, depth: int) -> Markup:
        box = None if item.is_done is None else ("☑ " if item.is_done else "☐ ")
        first, *rest = item.blocks or (Paragraph(()),)
        if isinstance(first, Paragraph) and bullets.is_tight:
            return tag("li", box, self._spans(first.spans), self._blocks(rest, depth + 1))
        return tag("li", box, self._blocks(item.blocks, depth + 1))

    def _table(self, table: Table) -> Markup:
        head = tag("tr", (tag("th", self._spans(cell)) for cell in table.header))
        rows = (tag("tr", (tag("td", self._spans(cell)) for cell in row)) for row in table.rows)
        return tag("div", tag("table", head, rows), class_="scroll")

    def _spans(self, spans: Spans) -> Content:
        whole = "".join(span.text for span in spans)
        told = self._redact(whole)
        if told != whole:
            # A secret may run over several marks.
            return told
        return [self._span(span) for span in spans]

    def _span(self, span: Span) -> Content:
        content: Content = list(_broken(span.text))
        for mark in reversed(span.marks):
            name = _TAGS.get(mark)
            content = tag(name, content) if name else content
        link = _address(span.link)
        if not link or self._redact(link) != link:
            return content
        return tag("a", content, href=link, rel="noopener noreferrer nofollow", title=link)


def _address(link: str) -> str:
    safe = safe_link(link)
    return safe if safe.lower().startswith(("http://", "https://", "mailto:")) else ""


def _broken(text: str) -> Iterator[Content]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield tag("br")
        yield line


def _coloured(highlighter: Highlighter, line: str) -> Content:
    pieces = (
        tag("span", text, class_=ink) if ink else text for text, ink in highlighter.feed(line)
    )
    return [*pieces, "\n"]
