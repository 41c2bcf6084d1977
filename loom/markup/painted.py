"""A document that grows: what was rendered of it stays, and only its end is rendered again."""

from collections.abc import Sequence
from operator import is_

from loom.markup.blocks import Block
from loom.markup.growth import Growth, growth_of
from loom.markup.ink import BLANK, Line
from loom.markup.render import Renderer


class Painted:
    """The lines of a document for one renderer and width.

    Attributes:
        lines: all of them; one list, changed in place from `kept` on.
        starts: the first line of each block.
        kept: lines at the start that are the same objects as before the last update.
    """

    def __init__(self, renderer: Renderer, width: int) -> None:
        self.lines: list[Line] = []
        self.starts: list[int] = []
        self.kept = 0
        self._renderer = renderer
        self._width = width
        self._frozen: Sequence[Block] = ()
        self._done = 0
        self._base = 0
        self._open: list[Growth] = []

    def update(self, frozen: Sequence[Block], live: Sequence[Block] = ()) -> None:
        """Show the finished blocks and those after them; finished ones stay as they are."""
        if frozen is not self._frozen and not self._is_start_of(frozen):
            self._done, self._base, self._open = 0, 0, []
        del self.starts[self._done :]
        self.kept, at = -1, self._base
        pending = [*frozen[self._done :], *live]
        finished = len(frozen) - self._done
        for place, block in enumerate(pending):
            at = self._place(place, block, at)
            if place < finished:
                self._base = at
        if self.kept < 0:
            self.kept = at
            del self.lines[at:]
        del self._open[len(pending) :]
        del self._open[:finished]
        self._done = len(frozen)
        self._frozen = frozen

    def _is_start_of(self, frozen: Sequence[Block]) -> bool:
        """Whether `frozen` begins with the blocks that are done."""
        old = self._frozen[: self._done]
        return len(old) <= len(frozen) and all(map(is_, old, frozen))

    def _place(self, place: int, block: Block, at: int) -> int:
        """Show one block from line `at` on; the line after it."""
        if place == len(self._open) or not self._open[place].fits(block):
            self._open[place:] = [growth_of(block, self._renderer, self._width)]
        growth = self._open[place]
        before = len(growth.lines)
        stayed = growth.update(block)
        first = at + (1 if at and growth.lines else 0)
        end = first + len(growth.lines)
        self.starts.append(first)
        if self.kept < 0 and not before == stayed == len(growth.lines):
            self.kept = first + stayed if stayed else at
            del self.lines[self.kept :]
        if self.kept >= 0:
            self._add(growth.lines, max(0, len(self.lines) - first))
        return end

    def _add(self, lines: list[Line], stayed: int) -> None:
        if self.lines and lines and not stayed:
            self.lines.append(BLANK)
        self.lines.extend(lines[stayed:])
