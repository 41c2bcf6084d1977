"""What was sent before, and the draft that waits while one looks at it."""

from collections.abc import Iterable


class History:
    """Walks from the draft to older entries and back; the draft is never lost."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = list(entries)
        self._at = len(self._entries)
        self._draft = ""

    def add(self, text: str) -> None:
        """Remembers a sent text, unless it repeats the last one; the walk starts anew."""
        if text and self._entries[-1:] != [text]:
            self._entries.append(text)
        self._at = len(self._entries)
        self._draft = ""

    def precede(self, entries: Iterable[str]) -> None:
        """Puts older entries before those that are known."""
        before = list(entries)
        self._entries[:0] = before
        self._at += len(before)

    def older(self, text: str) -> str | None:
        """The entry before this one; None at the oldest. `text` is what stands in the input."""
        if self._at == 0:
            return None
        if self._at == len(self._entries):
            self._draft = text
        self._at -= 1
        return self._entries[self._at]

    def newer(self) -> str | None:
        """The entry after this one, at last the draft; None when one is at the draft already."""
        if self._at == len(self._entries):
            return None
        self._at += 1
        return self._draft if self._at == len(self._entries) else self._entries[self._at]
