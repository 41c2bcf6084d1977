"""What a provider's refusal means: one LlmError from a status, headers and a body of any shape.

Bodies met in the wild: Anthropic's `{"type": "error", "error": {...}}`; OpenAI's
`{"error": {...}}`; Google's `{"error": {"code", "status", "details"}}`, also in a list; local
servers' `{"error": "..."}`, `{"detail": "..."}` and `{"message": "..."}`; web pages of whatever
stands in between.
"""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from loom.core.llm import ErrorKind, LlmError
from loom.redact import Redactor
from loom.server.llm.retry_after import retry_after, retry_delay

_MAX_MESSAGE = 600
_TOO_LONG = re.compile(
    r"prompt is too long|input is too long|too many (?:input )?tokens"
    r"|context[_ ](?:length|window|limit|size)|maximum context"
    r"|exceeds? the (?:maximum|available)[^.]{0,40}(?:token|context)"
    r"|input token count|request_too_large|reduce the length of the (?:messages|prompt)",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient_quota|billing|credit balance|exceeded your current quota|spend_limit"
    r"|payment_required|insufficient (?:funds|balance|credits)",
    re.IGNORECASE,
)
_KIND_OF_CODE: dict[str, ErrorKind] = {
    "overloaded_error": "transient",
    "api_error": "transient",
    "timeout_error": "transient",
    "gateway_timeout_error": "transient",
    "server_error": "transient",
    "internal_server_error": "transient",
    "unavailable": "transient",
    "internal": "transient",
    "deadline_exceeded": "transient",
    "aborted": "transient",
    "rate_limit_error": "rate_limited",
    "rate_limit_exceeded": "rate_limited",
    "resource_exhausted": "rate_limited",
    "authentication_error": "auth",
    "permission_error": "auth",
    "invalid_api_key": "auth",
    "unauthenticated": "auth",
    "permission_denied": "auth",
    "invalid_request_error": "invalid_request",
    "invalid_prompt": "invalid_request",
    "not_found_error": "invalid_request",
    "invalid_argument": "invalid_request",
    "failed_precondition": "invalid_request",
}
_KIND_OF_STATUS: dict[int, ErrorKind] = {
    401: "auth",
    402: "quota",
    403: "auth",
    408: "transient",
    409: "transient",
    425: "transient",
    429: "rate_limited",
    501: "invalid_request",
}
# Codes come in pairs, the general one (`invalid_request_error`) beside the telling one.
_PRECEDENCE: tuple[ErrorKind, ...] = ("rate_limited", "auth", "transient", "invalid_request")
_HINTS: dict[ErrorKind, str] = {
    "auth": "Check this provider's key on the Loom server.",
    "quota": "Add credit or raise the limit in the provider's console, or use another provider.",
    "context_too_long": "Compact the conversation (/compact) or begin a new one.",
}


class _Told(Struct):
    """What a body says: its text for people, its machine-readable codes in lower case."""

    message: str = ""
    codes: frozenset[str] = frozenset()
    request_id: str = ""
    retry_after: float | None = None


class Failures:
    """Makes LlmErrors for one provider.

    Args:
        label: the provider's name as people write it; opens every message.
        redactor: knows the provider's key, so that no message can quote it.
    """

    def __init__(self, label: str, redactor: Redactor) -> None:
        self._label = label
        self._redactor = redactor

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> LlmError:
        """The error for an answer that is not 200."""
        told = _told(body)
        kind = _kind(status, told)
        names = {name.lower(): value for name, value in headers.items()}
        text = told.message or f"answered with HTTP {status} and no explanation."
        wait = retry_after(names)
        return LlmError(
            self._sentence(text),
            kind,
            wait if wait is not None else told.retry_after,
            status,
            names.get("request-id") or names.get("x-request-id") or told.request_id,
            _hint(status, kind),
        )

    def streamed(self, body: bytes) -> LlmError:
        """The error for an `error` event inside a stream that began well."""
        told = _told(body)
        kind = _kind(0, told)
        text = told.message or "broke off the answer without saying why."
        return LlmError(
            self._sentence(text), kind, told.retry_after, 0, told.request_id, _hint(0, kind)
        )

    def garbled(self, detail: str) -> LlmError:
        """The error for bytes that are not the provider's protocol."""
        return LlmError(
            self._sentence(f"sent something unreadable ({detail})."), "invalid_response"
        )

    def unusable(self, text: str) -> LlmError:
        """The error for an answer that the provider itself declares unusable; worth a retry."""
        return LlmError(self._sentence(text))

    def truncated(self) -> LlmError:
        """The error for a stream that ended without its terminal event."""
        return LlmError(self._sentence("closed the stream before the answer was complete."))

    def refused(self, text: str) -> LlmError:
        """The error for a request that the provider will not answer whatever is retried."""
        return LlmError(self._sentence(text), "invalid_request")

    def _sentence(self, text: str) -> str:
        text = " ".join(self._redactor.redact(text).split())
        if len(text) > _MAX_MESSAGE:
            text = text[:_MAX_MESSAGE] + "…"
        is_own = text.startswith(("answered ", "sent ", "closed ", "broke ", "refused "))
        return f"{self._label} {text}" if is_own else f"{self._label}: {text}"


def _kind(status: int, told: _Told) -> ErrorKind:
    """The most telling sign wins: quota and length first, since both hide behind 400 and 429."""
    text = " ".join((told.message, *told.codes))
    if status not in (401, 403, 404) and _QUOTA.search(text):
        return "quota"
    if status in (0, 400, 413, 422, 500) and _TOO_LONG.search(text):
        return "context_too_long"
    if status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    if status >= 500:
        return "transient"
    if status == 0:
        return _kind_of_codes(told.codes)
    return "invalid_response" if status < 400 else "invalid_request"


def _kind_of_codes(codes: frozenset[str]) -> ErrorKind:
    kinds = {_KIND_OF_CODE[code] for code in codes if code in _KIND_OF_CODE}
    kinds |= {_kind(int(code), _Told()) for code in codes if re.fullmatch(r"[45]\d\d", code)}
    for kind in _PRECEDENCE:
        if kind in kinds:
            return kind
    return "transient"


def _hint(status: int, kind: ErrorKind) -> str:
    if status == 404:
        return "Check the model's name and the provider's base URL on the Loom server."
    return _HINTS.get(kind, "")


def _told(body: bytes) -> _Told:
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return _Told(_page(text))
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return _Told(text)
    if isinstance(tree, list) and tree:
        tree = tree[0]
    return _of_object(tree) if isinstance(tree, dict) else _Told(text)


def _of_object(tree: dict[str, Any]) -> _Told:
    error = tree.get("error")
    inner = error if isinstance(error, dict) else tree
    told = inner.get("message") or (error if isinstance(error, str) else "") or tree.get("detail")
    details = inner.get("details")
    codes = [inner.get("type"), inner.get("code"), inner.get("status")]
    if isinstance(details, dict):
        codes.append(details.get("error_code"))
    return _Told(
        told if isinstance(told, str) else json.dumps(told or tree),
        frozenset(str(code).lower() for code in codes if isinstance(code, (str, int)) and code),
        tree["request_id"] if isinstance(tree.get("request_id"), str) else "",
        retry_delay(details) if isinstance(details, list) else None,
    )


def _page(text: str) -> str:
    found = re.search(r"<(title|h1)[^>]*>(.*?)</\1", text, re.IGNORECASE | re.DOTALL)
    title = html.unescape(re.sub(r"<[^>]*>", " ", found[2])).strip() if found else ""
    return "answered with a web page instead of its API" + (f": “{title}”." if title else ".")
