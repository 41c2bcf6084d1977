"""Structured logging: one line a record, a request id on each, nothing unredacted.

Nothing is configured on import; the process that owns the output calls `start_logging` once.
"""

import json
import logging
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from loom.redact import Redactor

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that the current task serves; empty outside of one."""

LogFormat = Literal["human", "json"]

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, message, request_id, and `extra` fields."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, redacted after encoding, so that no field escapes."""
        line: dict[str, Any] = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line |= _extra(record)
        if trace := _trace(record):
            line["trace"] = trace
        return self._redactor.redact(json.dumps(line, default=str, ensure_ascii=False))


class HumanLines(logging.Formatter):
    """Time, level, message, then `key=value` of the extra fields; a stack trace below."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record's line or lines, redacted."""
        fields = _extra(record)
        if current := request_id.get():
            fields["request_id"] = current
        parts = [f"{_time(record):%H:%M:%S}", f"{record.levelname:<7}", record.getMessage()]
        parts += [f"{key}={value}" for key, value in fields.items()]
        return self._redactor.redact("\n".join(filter(None, (" ".join(parts), _trace(record)))))


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info is None or record.exc_info[1] is None:
        return ""
    return "".join(traceback.format_exception(record.exc_info[1])).rstrip()


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
    """Sends every record of the process to `output`, in place of earlier handlers of ours.

    Args:
        output: a stream, or a file that is made with mode 0600 and appended to.

    Returns: the handler, for `stop_logging`.
    """
    handler: logging.Handler
    if isinstance(output, Path):
        output.parent.mkdir(parents=True, exist_ok=True)
        output.touch(mode=0o600)
        handler = logging.FileHandler(output, encoding="utf-8")
    else:
        handler = logging.StreamHandler(output)
    handler.setFormatter(_FORMATS[form](redactor))
    root = logging.getLogger()
    root.setLevel(level)
    root.addHandler(handler)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Takes back what `start_logging` set up and closes its file."""
    logging.getLogger().removeHandler(handler)
    handler.close()
