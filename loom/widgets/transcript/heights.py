"""Where each of many items begins: sums of heights in logarithmic time.

Source: P. M. Fenwick, "A new data structure for cumulative frequency tables" (1994).
"""

from collections.abc import Iterable


class Heights:
    """Heights of items by index; changing one or finding the item at a line costs log n."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights: list[int] = []
        self._tree: list[int] = [0]
        for height in heights:
            self.append(height)

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    @property
    def total(self) -> int:
        """All heights together."""
        return self.top(len(self._heights))

    def append(self, height: int) -> None:
        """Add an item at the end."""
        self._heights.append(height)
        at = len(self._heights)
        below = self.top(at - 1) - self.top(at - (at & -at))
        self._tree.append(below + height)

    def set(self, index: int, height: int) -> int:
        """Give an item another height; by how much it grew."""
        growth = height - self._heights[index]
        if growth:
            self._heights[index] = height
            at = index + 1
            while at < len(self._tree):
                self._tree[at] += growth
                at += at & -at
        return growth

    def truncate(self, count: int) -> None:
        """Keep the first `count` items."""
        del self._heights[count:]
        del self._tree[count + 1 :]

    def top(self, index: int) -> int:
        """The first line of the item at `index`; of one past the last, the total."""
        total, at = 0, index
        while at > 0:
            total += self._tree[at]
            at &= at - 1
        return total

    def find(self, line: int) -> int:
        """The item that holds `line`; the last for a line beyond, the first for one before.

        Items without height are never found, unless there is nothing else.
        """
        at, step = 0, 1 << len(self._heights).bit_length()
        rest = max(0, line)
        while step := step >> 1:
            if at + step < len(self._tree) and self._tree[at + step] <= rest:
                at += step
                rest -= self._tree[at]
        return min(at, max(0, len(self._heights) - 1))
