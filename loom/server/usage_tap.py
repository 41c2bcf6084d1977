"""Reads along a native answer: its tokens, and whether a stream came to its proper end.

A scan of a stream for a few byte strings a chunk; JSON is decoded only where it names `usage`.
Strings inside JSON cannot imitate an SSE line, for JSON has no raw line feed, nor the key
`"usage"`, for JSON escapes quotes.
"""

from abc import ABC, abstractmethod

import msgspec
from msgspec import Struct

from loom.core.messages import Usage

MAX_KEPT = 4 * 1024 * 1024
"""Bytes of one SSE line, or of one whole answer, that are kept in wait for its end; a longer one is
not counted."""


class _Cached(Struct):
    cached_tokens: int | None = 0
    cache_write_tokens: int | None = 0


class _Created(Struct):
    ephemeral_1h_input_tokens: int | None = 0


class _Tokens(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _Created | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None
    input_tokens_details: _Cached | None = None


class _Inner(Struct):
    usage: _Tokens | None = None
    model: str | None = ""


class _Answer(Struct):
    usage: _Tokens | None = None
    model: str | None = ""
    message: _Inner | None = None
    response: _Inner | None = None


_decoder = msgspec.json.Decoder(_Answer)


class UsageTap(ABC):
    """Watches one answer.

    Attributes:
        is_ended: nothing is known to be missing from what was seen.
        size: bytes that were seen.
    """

    def __init__(self) -> None:
        self.model = ""
        self.usage = Usage()
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

    def _count(self, data: bytes) -> None:
        try:
            answer = _decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Whatever it is, it passes through; only our count goes without.
            return
        for part in (answer, answer.message, answer.response):
            if part is not None and part.usage is not None:
                self.model = part.model or self.model
                self.usage = _later(self.usage, part.usage)


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


def _later(known: Usage, told: _Tokens) -> Usage:
    """The provider's numbers are running totals: the last one told counts."""
    details = told.prompt_tokens_details or told.input_tokens_details
    read, written = told.cache_read_input_tokens, told.cache_creation_input_tokens
    apart = 0
    if details is not None:
        # OpenAI's input includes what came from the cache or went there; Anthropic's does not.
        read, written = details.cached_tokens or 0, details.cache_write_tokens or 0
        apart = read + written
    taken = told.prompt_tokens if told.prompt_tokens is not None else told.input_tokens
    given = told.completion_tokens if told.completion_tokens is not None else told.output_tokens
    long = None if told.cache_creation is None else told.cache_creation.ephemeral_1h_input_tokens
    writes = known.cache_write_tokens if written is None else max(written, 0)
    return Usage(
        known.input_tokens if taken is None else max(taken - apart, 0),
        known.output_tokens if given is None else max(given, 0),
        known.cache_read_tokens if read is None else max(read, 0),
        writes,
        min(known.cache_write_long_tokens if long is None else max(long, 0), writes),
    )
