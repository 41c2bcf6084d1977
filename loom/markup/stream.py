"""Markdown that is still being written: finished blocks are frozen, the last one is read on.

A top-level block is finished when the next one has begun on a complete line. Two things reach back
from later text: a definition continued on the next line, which is why nothing is cut right after
one, and a link whose definition comes late, which `finish` mends by reading the blocks with links
once more.
"""

import re
from collections.abc import Sequence

from loom.markup.blocks import Block, Bullets, Quote, Table
from loom.markup.clean import visible
from loom.markup.fence import OpenFence
from loom.markup.growing import OpenRun
from loom.markup.parse import build, line_of, parse, tokens
from loom.markup.prose import Prose, References
from loom.markup.reading import Reading

_MAY_END_DEFINITION = re.compile(r" {0,3}\[|[ \t]*$")

_ENDS_BLANK = re.compile(r"\n[ \t>]*\n\Z")


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
        self._done = 0
        self._fence: OpenFence | None = None
        self._run: OpenRun | None = None
        self._references: References = {}
        self._prose = Prose({})
        self._sources: list[tuple[str, int]] = []
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

    @property
    def is_in_table(self) -> bool:
        """Whether a line that comes next is a row of a table."""
        return _ends_with_table(self.live) and not _ENDS_BLANK.search(self._tail)

    def append(self, text: str) -> None:
        """Take the next piece and bring `frozen` and `live` up to date."""
        self._parts.append(text)
        text = self._carriage_return + text
        self._carriage_return = "\r" if text.endswith("\r") else ""
        text = visible(text.removesuffix("\r") if self._carriage_return else text)
        self._tail += text
        if self._fence is not None and not self._extend_fence(self._fence, text):
            return
        while self._read():
            pass

    def finish(self) -> None:
        """The text is whole: everything is frozen and equals parsing it at once."""
        self._tail += visible(self._carriage_return)
        reading = self._reading()
        self._freeze(reading, len(reading.lines))
        self._carriage_return = ""
        self._tail, self._fence, self.live = "", None, ()
        if self._is_stale:
            self._mend()

    def _mend(self) -> None:
        """Read what may hold a link again, now that all definitions are known."""
        whole: list[Block] = []
        for source, size in self._sources:
            old = self.frozen[len(whole) : len(whole) + size]
            whole.extend(parse(source, self._references) if old and "[" in source else old)
        self.frozen, self._is_stale = whole, False

    def _extend_fence(self, fence: OpenFence, text: str) -> bool:
        """Feed an open fence; whether it closed, so that the tail must be parsed again."""
        size = fence.feed(text)
        if size is None:
            self.live = (fence.block,)
            return False
        self._fence = None
        reading = Reading(self._tail[:size], dict(self._references), {})
        self._freeze(reading, len(reading.lines))
        return True

    def _read(self) -> bool:
        """Show the tail, or freeze what is finished in it: then there is more to read."""
        reading = self._reading()
        if not reading.tops:
            self.live = ()
            return self._skip(reading)
        first = reading.boundary()
        if first:
            self._freeze(reading, first)
            return True
        self._show(reading)
        return False

    def _reading(self) -> Reading:
        lead, context = (self._run.lead, self._run.context) if self._run else ("", {})
        reading = Reading(lead + self._tail[self._done :], dict(self._references), context)
        if self._run:
            self._run.mend(reading.found)
        return reading

    def _show(self, reading: Reading) -> None:
        """The tail begins with one block that may go on."""
        self._prose.look_up_in(reading.references)
        first, *after = build(reading.found, self._prose)
        self.live = (self._run.joined(first) if self._run else first, *after)
        if after:
            return
        self._fence = OpenFence.at(reading.tops[0], reading.text)
        run = self._run or OpenRun.at(reading.tops[0])
        if run:
            self._keep(run, first, reading)

    def _keep(self, run: OpenRun, rest: Block, reading: Reading) -> None:
        """Take all that a block still being written will keep out of what is read again."""
        line, place = run.seam(reading.found, reading.lines)
        if not line + place:
            return
        taken = len(reading.before(line)) + place - len(run.lead)
        part = self._defined(reading, line, run)
        first = line_of(reading.tops[0])
        run.keep(rest, part[0] if part else None, reading.lines[first:], (line - first, place))
        self._run = run
        self._done += taken

    def _freeze(self, reading: Reading, line: int) -> None:
        """The blocks before `line` are finished."""
        run, size = self._run, len(reading.before(line))
        blocks = self._defined(reading, line, run)
        if blocks is None:
            self._prose.look_up_in(reading.references)
            blocks = build(reading.tokens_before(line), self._prose)
        if run and blocks:
            blocks = (run.joined(blocks[0]), *blocks[1:])
        self._add(blocks, self._done - len(run.lead if run else "") + size)

    def _defined(self, reading: Reading, line: int, run: OpenRun | None) -> Sequence[Block] | None:
        """The blocks before `line`, if something is defined in the tail: only there it counts."""
        text, blocks = reading.before(line), None
        if len(reading.references) > len(self._references):
            known = len(self._references)
            found = tokens(text, self._references, **reading.context)
            if run:
                run.mend(found)
            self._is_stale |= self._has_links and len(self._references) > known
            self._prose.look_up_in(dict(self._references))
            blocks = build(found, self._prose)
        self._has_links |= "[" in text
        return blocks

    def _add(self, blocks: Sequence[Block], size: int) -> None:
        """Blocks of the first `size` characters of the tail are finished."""
        self.frozen.extend(blocks)
        self._sources.append((self._tail[:size], len(blocks)))
        self._tail, self._done, self._run = self._tail[size:], 0, None
        self._prose.forget()

    def _skip(self, reading: Reading) -> bool:
        """Of lines without a block, leave those that may go on; whether some could go."""
        lines = reading.lines
        places = range(len(lines) - 2, 0, -1)
        line = next((at for at in places if _MAY_END_DEFINITION.match(lines[at])), 0)
        if not line or tokens(reading.before(line), dict(self._references)):
            return False
        self._freeze(reading, line)
        return False


def _ends_with_table(blocks: Sequence[Block]) -> bool:
    match blocks[-1] if blocks else None:
        case Quote(inner):
            return _ends_with_table(inner)
        case Bullets(items):
            return _ends_with_table(items[-1].blocks)
        case last:
            return isinstance(last, Table)
