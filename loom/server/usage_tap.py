"""Reads along a native answer: its tokens, and whether a stream came to its proper end.

A scan of a stream for a few byte strings a chunk; JSON is decoded only where it names `usage`.
Strings inside JSON cannot imitate an SSE line, for JSON has no raw line feed, nor the key
`"usage"`, for JSON escapes quotes.
"""

from abc import ABC, abstractmethod

from loom.core.messages import Usage
from loom.server.spending.terms import Terms
from loom.server.usage_told import Told, told_after

MAX_KEPT = 4 * 1024 * 1024
"""Bytes of one SSE line, or of one whole answer, that are kept in wait for its end; a longer one is
not counted."""


class UsageTap(ABC):
    """Watches one answer.

    Attributes:
        is_ended: nothing is known to be missing from what was seen.
        size: bytes that were seen.
    """

    def __init__(self) -> None:
        self._told = Told()
        self.is_ended = True
        self.size = 0

    @property
    def is_told(self) -> bool:
        """The provider counted, and to the end."""
        return self.is_ended and self.usage.context_tokens > 0

    @abstractmethod
    def watch(self, chunk: bytes) -> None:
        """Takes note of the next bytes."""

    @abstractmethod
    def close(self) -> None:
        """Takes note that there are no more."""

    @property
    def model(self) -> str:
        """What answers; empty until it is told."""
        return self._told.model

    @property
    def usage(self) -> Usage:
        """The tokens that were told so far."""
        return self._told.usage

    @property
    def terms(self) -> Terms:
        """On which terms, as they were told so far."""
        return self._told.terms

    def _count(self, data: bytes) -> None:
        self._told = told_after(self._told, data)


class WholeTap(UsageTap):
    """Watches an answer that is one JSON value, however many chunks it comes in."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def watch(self, chunk: bytes) -> None:
        """Keeps the bytes, unless there are too many."""
        self.size += len(chunk)
        if self.size <= MAX_KEPT:
            self._parts.append(chunk)

    def close(self) -> None:
        """Counts what was kept, if that is all."""
        if self.size <= MAX_KEPT:
            self._count(b"".join(self._parts))
        self._parts.clear()


class StreamTap(UsageTap):
    """Watches a stream of server-sent events.

    Args:
        ends: how the last event of a proper stream begins, at a line's start.
    """

    def __init__(self, ends: tuple[bytes, ...]) -> None:
        super().__init__()
        self.is_ended = False
        self._ends = ends
        self._inner_ends = tuple(b"\n" + end for end in ends)
        self._partial = b""

    def watch(self, chunk: bytes) -> None:
        """Looks for counts and for the end in the lines that are complete."""
        self.size += len(chunk)
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r", b"\n")
        data = self._partial + chunk if self._partial else chunk
        if not self.is_ended:
            self.is_ended = data.startswith(self._ends) or any(
                end in data for end in self._inner_ends
            )
        whole = data.rfind(b"\n") + 1
        if data.find(b'"usage"', 0, whole) >= 0:
            self._count_lines(data[:whole])
        rest = data[whole:]
        self._partial = rest if len(rest) <= MAX_KEPT else b""

    def close(self) -> None:
        """Counts the last line too, where nothing ended it."""
        self._count_lines(self._partial)
        self._partial = b""

    def _count_lines(self, data: bytes) -> None:
        for line in data.split(b"\n"):
            if b'"usage"' in line and line.startswith(b"data:"):
                self._count(line[5:])
