"""What a Loom server's answer other than 200 means."""

from collections.abc import Mapping
from typing import get_args

from msgspec import Struct

from loom.core import codec
from loom.core.errors import CodecError
from loom.core.llm import ErrorKind, LlmError

_KINDS: dict[str, ErrorKind] = {kind: kind for kind in get_args(ErrorKind)}
_BY_STATUS: dict[int, ErrorKind] = {
    401: "auth",
    402: "quota",
    403: "auth",
    408: "transient",
    409: "transient",
    429: "rate_limited",
}


class _Body(Struct):
    error: str = ""
    message: str = ""
    retry_after: float | None = None
    hint: str = ""
    request_id: str = ""


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> LlmError:
    """The error that `body` describes, or a plain one when something else answered.

    `headers` are case-insensitive.
    """
    told: _Body
    try:
        told = codec.decode(body, _Body)
    except CodecError:
        told = _Body()
    return LlmError(
        told.message or f"The server answered with HTTP {status}.",
        _KINDS.get(told.error) or _kind(status),
        told.retry_after if told.retry_after is not None else _seconds(headers.get("Retry-After")),
        status,
        told.request_id or headers.get("X-Request-Id", ""),
        told.hint,
    )


def _kind(status: int) -> ErrorKind:
    return _BY_STATUS.get(status, "transient" if status >= 500 else "invalid_request")


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdecimal() else None
