"""Markdown that is still being written: finished blocks are frozen, the last one is parsed again.

A top-level block is finished when the next one has begun on a complete line. Two things reach back
from later text: a definition continued on the next line, which is why nothing is cut right after
one, and a link whose definition comes late, which `finish` mends by parsing the whole once.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

from loom.markup.blocks import Block
from loom.markup.clean import visible
from loom.markup.growing import OpenFence, OpenRun, line_of
from loom.markup.parse import References, build, parse, tokens
from loom.markup.prose import OpenProse

if TYPE_CHECKING:
    from markdown_it.token import Token


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
        self._fence: OpenFence | None = None
        self._run: OpenRun | None = None
        self._references: References = {}
        self._has_links = False
        self._is_stale = False

    @property
    def source(self) -> str:
        """Everything that was appended."""
        return "".join(self._parts)

    @property
    def is_in_code(self) -> bool:
        """Whether what comes next is in a fence, where no mark means anything."""
        return self._fence is not None

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
        self._freeze(self._tail + self._carriage_return)
        self._carriage_return = ""
        self._tail, self._fence, self._run, self.live = "", None, None, ()
        if self._is_stale:
            self.frozen = list(parse(self.source))
            self._is_stale = False

    def _extend_fence(self, fence: OpenFence, text: str) -> bool:
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
        """Parse what is not frozen, freeze what is finished in it, and show the rest."""
        run = self._run
        lead, done = (run.lead, run.size) if run else ("", 0)
        text = lead + self._tail[done:]
        found = tokens(text, dict(self._references))
        starts = [at for at, token in enumerate(found) if _is_top(token)]
        if not starts:
            self.live = ()
            return
        first = self._boundary([found[at] for at in starts], text.split("\n"))
        if first:
            self._cut(done - len(lead) + len("\n".join((*text.split("\n")[:first], ""))))
        elif run is None:
            self._show(found, text)
        else:
            self._continue(run, found, text, is_single=len(starts) == 1)

    def _cut(self, size: int) -> None:
        """The blocks before `size` are finished; show what follows."""
        self._freeze(self._tail[:size])
        self._tail, self._run = self._tail[size:], None
        self._show(tokens(self._tail, dict(self._references)), self._tail)

    def _show(self, found: "list[Token]", text: str) -> None:
        self.live = build(found)
        first, *more = (token for token in found if _is_top(token))
        if not more:
            self._fence = OpenFence.at(first, text)
            self._run = self._run_at(first, text)
            if self._run is not None:
                self._run.advance(found, self.live[0], text)

    def _run_at(self, first: "Token", text: str) -> OpenRun | None:
        if first.type == "paragraph_open":
            return OpenProse(self._references)
        return OpenRun.at(first, text)

    def _continue(self, run: OpenRun, found: "list[Token]", text: str, *, is_single: bool) -> None:
        """Show a list or table of which only the last part was parsed."""
        rest, *after = build(found)
        whole = run.joined(rest)
        if whole is None:
            self._run = None
            self._parse_tail()
            return
        self.live = (whole, *after)
        if is_single:
            run.advance(found, rest, text)

    @staticmethod
    def _boundary(tops: "list[Token]", lines: list[str]) -> int:
        """The line of the last block that is there to stay, 0 if there is none after the first.

        Its first line is complete, and no definition leads up to it.
        """
        for before, last in list(pairwise(tops))[:-3:-1]:
            first = line_of(last)
            is_gapless = before.map is not None and before.map[1] == first
            if first < len(lines) - 1 and (is_gapless or not lines[first - 1].strip()):
                return first
        return 0

    def _freeze(self, text: str) -> None:
        known = len(self._references)
        self.frozen.extend(parse(text, self._references))
        if len(self._references) > known and self._has_links:
            self._is_stale = True
        self._has_links = self._has_links or "[" in text


def _is_top(token: "Token") -> bool:
    return token.level == 0 and token.nesting >= 0 and token.map is not None
