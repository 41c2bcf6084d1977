"""Server-sent events from bytes, however the bytes were cut.

Source: WHATWG HTML §9.2 (server-sent events). Lines end with LF, CRLF or CR; a leading byte order
mark and comments are dropped; `id` and `retry` mean nothing here; an event that the stream's end
cuts off is discarded, so a truncated stream never yields half an event.
"""

from loom.core.errors import CodecError

MAX_EVENT_SIZE = 16 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class SseParser:
    """Turns chunks into `(event name, data)` pairs; the name is `message` when none was given.

    Data stays bytes, for a JSON decoder that checks its UTF-8. Unfinished input is held up to
    `max_size` bytes.
    """

    __slots__ = ("_data", "_event", "_is_after_cr", "_is_at_start", "_max_size", "_parts", "_size")

    def __init__(self, max_size: int = MAX_EVENT_SIZE) -> None:
        self._max_size = max_size
        self._parts: list[bytes] = []
        self._data: list[bytes] = []
        self._event = "message"
        self._size = 0
        self._is_after_cr = False
        self._is_at_start = True

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]:
        """The events that this chunk completes.

        Raises:
            CodecError: one event is larger than the limit; the parser is of no use afterwards.
        """
        if self._is_after_cr or b"\r" in chunk:
            chunk = self._with_line_feeds(chunk)
        if b"\n" not in chunk:
            self._size += len(chunk)
            self._hold(chunk)
            return []
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if self._parts:
            lines[0] = b"".join((*self._parts, lines[0]))
            self._parts.clear()
        if self._is_at_start:
            self._is_at_start = False
            lines[0] = lines[0].removeprefix(_BOM)
        events = self._events(lines)
        self._hold_rest(rest, size=len(chunk), is_new=bool(events))
        return events

    def _hold_rest(self, rest: bytes, *, size: int, is_new: bool) -> None:
        """Keeps a chunk's unfinished line, and counts the chunk for the event in the making."""
        if not (self._data or rest):
            self._size = 0
        elif is_new:
            self._size = sum(map(len, self._data)) + len(rest)
        else:
            self._size += size
        self._hold(rest)

    def _events(self, lines: list[bytes]) -> list[tuple[str, bytes]]:
        events: list[tuple[str, bytes]] = []
        for line in lines:
            if line.startswith(b"data: "):
                self._data.append(line[6:])
            elif line:
                self._field(line)
            else:
                if self._data:
                    events.append((self._event, b"\n".join(self._data)))
                    self._data.clear()
                self._event = "message"
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._event = value.decode("utf-8", "replace") or "message"
        elif name == b"data":
            self._data.append(value)

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """`chunk` with every line end as LF; a CR ends its line at once, its LF may come later."""
        if self._is_after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._is_after_cr = False
        if chunk.endswith(b"\r"):
            self._is_after_cr = True
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _hold(self, chunk: bytes) -> None:
        if chunk:
            self._parts.append(chunk)
        if self._size > self._max_size:
            raise CodecError(f"one event is larger than {self._max_size:,} bytes")
