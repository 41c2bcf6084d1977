"""Structured logging: one line a record, a request id on each, nothing unredacted.

Nothing is configured on import; the process that owns the output calls `start_logging` once.
"""

import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TextIO

import msgspec
from msgspec import Struct

from loom.redact import Redactor

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that the current task serves; empty outside of one."""

LogFormat = Literal["human", "json"]

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "entries"}


_NUMBERS = frozenset({int, float, bool})
_encoder = msgspec.json.Encoder(enc_hook=str)


class Entry(Struct, frozen=True):
    """One line of a log: when in Unix seconds, what, and its other fields."""

    at: float
    message: str
    fields: Mapping[str, Any]


def log_all(log: logging.Logger, entries: Sequence[Entry]) -> None:
    """Logs many lines at level info by one record, for a fraction of what a record each costs."""
    log.info("%d entries", len(entries), extra={"entries": entries})


class _Lines(logging.Formatter, ABC):
    """Writes a record's entries, each redacted on its own and after it was made into text."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record's lines, or the lines of the entries that it stands for."""
        redact, trace = self._redactor.redact, _trace(record)
        entries = _entries(record)
        lines = [self._line(record, each, trace) for each in entries]
        # Nearly always nothing is found; and lines that are logged together say the same words.
        text = "\n".join(lines)
        words = "\n".join(_words(entries)) if len(entries) > 1 else text
        return text if redact(words) == words else "\n".join(map(redact, lines))

    @abstractmethod
    def _line(self, record: logging.LogRecord, entry: Entry, trace: str) -> str:
        """One entry of the record as text, not yet redacted."""


class JsonLines(_Lines):
    """One JSON object an entry: time, level, logger, message, request_id, and `extra` fields."""

    def _line(self, record: logging.LogRecord, entry: Entry, trace: str) -> str:
        line: dict[str, Any] = {
            "time": f"{_second(int(entry.at))}.{int(entry.at % 1 * 1000):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": entry.message,
            **entry.fields,
        }
        if trace:
            line["trace"] = trace
        return _encoder.encode(line).decode()


class HumanLines(_Lines):
    """Time, level, message, then `key=value` of the extra fields; a stack trace below."""

    def _line(self, record: logging.LogRecord, entry: Entry, trace: str) -> str:
        parts = [_second(int(entry.at))[11:], f"{record.levelname:<7}", entry.message]
        parts += [f"{key}={value}" for key, value in entry.fields.items()]
        return "\n".join(filter(None, (" ".join(parts), trace)))


def _words(entries: Iterable[Entry]) -> set[str]:
    """Every text in these, once; what is no text as it will be written."""
    words: set[str] = set()
    for entry in entries:
        words.add(entry.message)
        for value in entry.fields.values():
            if type(value) not in _NUMBERS:
                words.add(str(value))
    return words


def _entries(record: logging.LogRecord) -> Sequence[Entry]:
    many: Sequence[Entry] | None = getattr(record, "entries", None)
    return many or (Entry(record.created, record.getMessage(), _extra(record)),)


@lru_cache(maxsize=2)
def _second(created: int) -> str:
    """`2026-01-31T12:00:00`, UTC; the lines of one second share it."""
    return f"{datetime.fromtimestamp(created, UTC):%Y-%m-%dT%H:%M:%S}"


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info is None or record.exc_info[1] is None:
        return ""
    return "".join(traceback.format_exception(record.exc_info[1])).rstrip()


class _RequestId(logging.Filter):
    """Puts the current request's id on records that name none."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (current := request_id.get()) and not hasattr(record, "request_id"):
            record.request_id = current
        return True


_FORMATS: Mapping[LogFormat, type[JsonLines] | type[HumanLines]] = {
    "human": HumanLines,
    "json": JsonLines,
}


def start_logging(
    output: TextIO | Path,
    redactor: Redactor,
    form: LogFormat = "json",
    level: int | str = logging.INFO,
) -> logging.Handler:
    """Sends every record of the process to `output` until `stop_logging`.

    Args:
        output: a stream, or a file that is made with mode 0600 and appended to.
    """
    handler: logging.Handler
    if isinstance(output, Path):
        output.parent.mkdir(parents=True, exist_ok=True)
        output.touch(mode=0o600)
        handler = logging.FileHandler(output, encoding="utf-8")
    else:
        handler = logging.StreamHandler(output)
    handler.addFilter(_RequestId())
    handler.setFormatter(_FORMATS[form](redactor))
    root = logging.getLogger()
    root.setLevel(level)
    root.addHandler(handler)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Takes back what `start_logging` set up and closes its file."""
    logging.getLogger().removeHandler(handler)
    handler.close()
