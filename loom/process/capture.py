"""What is kept of a stream: its beginning and its end, and all of it in a file when it is long."""

import codecs
from pathlib import Path
from typing import IO

CAPTURE_LIMIT = 256 * 1024
"""Bytes of a stream that are kept in memory (catalogue §2.2)."""

SPILL_LIMIT = 64 * 1024 * 1024
"""Bytes of a stream that are written to its file; what follows is counted and dropped."""


class Capture:
    """The first and the last bytes of a stream, and all of it in `spill` once it is too long.

    Attributes:
        size: bytes seen so far, kept or not.
    """

    def __init__(self, limit: int = CAPTURE_LIMIT, spill: Path | None = None) -> None:
        self.size = 0
        self._limit = limit
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._spill = spill
        self._file: IO[bytes] | None = None

    @property
    def is_truncated(self) -> bool:
        """Something was left out of memory."""
        return self.size > self._limit

    @property
    def spilled(self) -> Path | None:
        """The file that holds the whole stream, when memory does not."""
        return self._spill if self.is_truncated else None

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        fitted = self._limit >= self.size
        self.size += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if self.is_truncated:
            self._write(bytes(self._head + self._tail) if fitted else data)
        if len(self._tail) > self._limit:
            del self._tail[: len(self._tail) - (self._limit - self._half)]

    def text(self, limit: int | None = None) -> str:
        """The stream as text, its middle replaced by a mark when longer than `limit` bytes."""
        limit = self._limit if limit is None else min(limit, self._limit)
        if self.size <= limit:
            return _text(self._head + self._tail)
        half = limit // 2
        kept = self._head + self._tail
        dropped = self.size - 2 * half
        mark = f"\n[… {dropped} bytes left out …]\n"
        return _whole_prefix(kept[:half]) + mark + _whole_suffix(kept[len(kept) - half :])

    def close(self) -> None:
        """Let go of the file; the text stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, data: bytes) -> None:
        if self._spill is None:
            return
        if self._file is None:
            self._file = self._spill.open("ab", buffering=0)
            self._spill.chmod(0o600)
        self._file.write(data[: max(0, SPILL_LIMIT - self._file.tell())])


def _text(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")


def _whole_prefix(data: bytes | bytearray) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(bytes(data)).replace("\0", "\ufffd")


def _whole_suffix(data: bytes | bytearray) -> str:
    start = 0
    while start < min(3, len(data)) and 0x80 <= data[start] < 0xC0:
        start += 1
    return _text(data[start:])
