"""Markdown that is still being written: finished blocks are frozen, the last one is parsed again.

A top-level block is finished when the next one has begun on a complete line. Two things reach back
from later text: a definition continued on the next line, which is why nothing is cut right after
one, and a link whose definition comes late, which `finish` mends by parsing the whole once.
"""

import re
from typing import TYPE_CHECKING

from loom.markup.blocks import Block, Code
from loom.markup.clean import visible
from loom.markup.parse import References, build, parse, tokens

if TYPE_CHECKING:
    from markdown_it.token import Token

_FENCE_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})")


class MarkdownStream:
    """Blocks of a text that arrives in pieces of any size.

    Attributes:
        frozen: finished blocks; only ever appended to, except that `finish` may replace them.
        live: the blocks of the text after them, as if it ended here.
    """

    def __init__(self) -> None:
        self.frozen: list[Block] = []
        self.live: tuple[Block, ...] = ()
        self._parts: list[str] = []
        self._carriage_return = ""
        self._tail = ""
        self._fence: _OpenFence | None = None
        self._references: References = {}
        self._has_links = False
        self._is_stale = False

    @property
    def source(self) -> str:
        """Everything that was appended."""
        return "".join(self._parts)

    def append(self, text: str) -> None:
        """Take the next piece and bring `frozen` and `live` up to date."""
        self._parts.append(text)
        text = self._carriage_return + text
        self._carriage_return = "\r" if text.endswith("\r") else ""
        text = visible(text.removesuffix("\r") if self._carriage_return else text)
        self._tail += text
        if self._fence is not None and not self._extend_fence(self._fence, text):
            return
        self._parse_tail()

    def finish(self) -> None:
        """The text is whole: everything is frozen and equals parsing it at once."""
        self._freeze(self._tail)
        self._tail, self._fence, self.live = "", None, ()
        if self._is_stale:
            self.frozen = list(parse(self.source))
            self._is_stale = False

    def _extend_fence(self, fence: "_OpenFence", text: str) -> bool:
        """Feed an open fence; whether it closed, so that the tail must be parsed again."""
        size = fence.feed(text)
        if size is None:
            self.live = (fence.block,)
            return False
        self._fence = None
        self._freeze(self._tail[:size])
        self._tail = self._tail[size:]
        return True

    def _parse_tail(self) -> None:
        found = tokens(self._tail, dict(self._references))
        starts = [i for i, token in enumerate(found) if _is_top(token)]
        if not starts:
            self.live = ()
            return
        last = starts[-1]
        first = _line_of(found[last])
        if len(starts) > 1:
            lines = self._tail.split("\n")
            if self._is_boundary(found[starts[-2]], first, lines):
                self._freeze_lines(lines[:first])
                found, starts, first = found[last:], [0], 0
        self.live = build(found)
        if len(starts) == 1:
            self._watch_fence(found[starts[0]], first)

    def _freeze_lines(self, lines: list[str]) -> None:
        text = "\n".join((*lines, ""))
        self._freeze(text)
        self._tail = self._tail[len(text) :]

    @staticmethod
    def _is_boundary(before: "Token", first: int, lines: list[str]) -> bool:
        """Whether the block at line `first` is there to stay and no definition leads up to it."""
        is_line_complete = first < len(lines) - 1
        is_gapless = before.map is not None and before.map[1] == first
        return is_line_complete and (is_gapless or not lines[first - 1].strip())

    def _freeze(self, text: str) -> None:
        known = len(self._references)
        self.frozen.extend(parse(text, self._references))
        if len(self._references) > known and self._has_links:
            self._is_stale = True
        self._has_links = self._has_links or "[" in text

    def _watch_fence(self, token: "Token", first: int) -> None:
        """Read a fence that begins at line `first` and has no end yet line by line from now on."""
        lines = self._tail.split("\n")
        opening = _FENCE_OPENING.match(lines[first]) if token.type == "fence" else None
        if opening is None or len(lines) < first + 2:
            return
        fence = _OpenFence(opening, token.info, len("\n".join((*lines[: first + 1], ""))))
        if fence.feed("\n".join(lines[first + 1 :])) is None:
            self._fence = fence


def _is_top(token: "Token") -> bool:
    return token.level == 0 and token.nesting >= 0 and token.map is not None


def _line_of(token: "Token") -> int:
    return token.map[0] if token.map else 0


class _OpenFence:
    """A fenced block without its end: complete lines are kept, the last one waits."""

    def __init__(self, opening: "re.Match[str]", info: str, size: int) -> None:
        marker = opening[2]
        self._language = info.strip().partition(" ")[0]
        self._is_indent = re.compile(f" {{0,{len(opening[1])}}}")
        self._is_closing = re.compile(
            f" {{0,3}}{re.escape(marker[0])}{{{len(marker)},}}[ \t]*"
        ).fullmatch
        self._is_marker = re.compile(f" {{0,3}}{re.escape(marker[0])}+[ \t]*").fullmatch
        self._code = ""
        self._partial = ""
        self._size = size

    @property
    def block(self) -> Code:
        """The block as it stands; what may become its end is not shown as code."""
        partial = "" if self._is_marker(self._partial) else self._dedent(self._partial)
        return Code((self._code + partial).removesuffix("\n"), self._language)

    def feed(self, text: str) -> int | None:
        """Add text; the length of the tail up to and with the closing line, once it came."""
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
        return self._is_indent.sub("", line, count=1)
