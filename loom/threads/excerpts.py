"""The line of a text around the words that were looked for."""

import re
from collections.abc import Sequence

Marks = tuple[tuple[int, int], ...]
"""Where words are in a line: (start, end) of each."""

_BEFORE, _AFTER = 40, 120


class Excerpts:
    """Lines around `words`, whatever their case."""

    def __init__(self, words: Sequence[str]) -> None:
        self._lowered = [word.lower() for word in words]
        self._pattern = re.compile("|".join(map(re.escape, words)) or r"(?!)", re.IGNORECASE)

    def of(self, text: str) -> tuple[str, Marks]:
        """One line of `text` around the first of the words, and where they are in it."""
        start = max(0, self._first(text) - _BEFORE)
        window = " ".join(text[start : start + _BEFORE + _AFTER].split())
        before = "…" if start else ""
        after = "…" if start + _BEFORE + _AFTER < len(text) else ""
        line = f"{before}{window}{after}"
        return line, tuple(match.span() for match in self._pattern.finditer(line))

    def _first(self, text: str) -> int:
        # Ten times as fast as the pattern. A letter that is longer in lower case (İ) moves the
        # line by as much.
        lowered = text.lower()
        places = (lowered.find(word) for word in self._lowered)
        return min((place for place in places if place >= 0), default=0)
