"""What a failed request is answered with: status, headers and a body in the caller's dialect."""

import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from aiohttp import web

from loom.api.errors import ErrorBody
from loom.core.errors import AuthError, CodecError, LoomError, ProviderError
from loom.core.llm import ErrorKind, LlmError
from loom.log import request_id
from loom.redact import Redactor

Dialect = Literal["loom", "anthropic", "openai"]

STATUS_OF_KIND: Mapping[ErrorKind, int] = {
    "transient": 502,
    "rate_limited": 429,
    "quota": 402,
    # The provider refused the server's key; 401 would tell clients that theirs is wrong.
    "auth": 502,
    "not_configured": 503,
    "invalid_request": 400,
    "context_too_long": 400,
    "invalid_response": 502,
}


class Refused(LoomError):
    """A request that is answered with `status`; `code` is the body's `error`.

    `retry_after`: seconds after which it may do.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.retry_after = retry_after


def error_response(error: LoomError, dialect: Dialect, redactor: Redactor) -> web.Response:
    """`error` as an answer."""
    status, body = described(error, redactor)
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if body.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(body.retry_after))
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="loom"'
    return web.Response(
        body=msgspec.json.encode(_DIALECTS[dialect](status, body)),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def described(error: LoomError, redactor: Redactor) -> tuple[int, ErrorBody]:
    """The status, and what is told to the client; its texts pass the redactor once more."""
    retry_after = None
    if isinstance(error, ProviderError):
        status, code = provider_status(error.error), str(error.error.kind)
        retry_after = error.error.retry_after
    elif isinstance(error, Refused):
        status, code, retry_after = error.status, error.code, error.retry_after
    else:
        status, code = _of_class(error)
    message, hint = redactor.redact(error.message), redactor.redact(error.hint)
    return status, ErrorBody(code, message, hint, retry_after, request_id.get())


def provider_status(error: LlmError) -> int:
    """The HTTP status that tells a client of this error. 504 and 413 stay what they were."""
    if error.status in (HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        return error.status
    return STATUS_OF_KIND[error.kind]


def _of_class(error: LoomError) -> tuple[int, str]:
    if isinstance(error, AuthError):
        return HTTPStatus.UNAUTHORIZED, "unauthorized"
    if isinstance(error, CodecError):
        return HTTPStatus.BAD_REQUEST, "invalid_request"
    return HTTPStatus.INTERNAL_SERVER_ERROR, "internal"


def _as_loom(status: int, body: ErrorBody) -> Any:
    return body


def _as_anthropic(status: int, body: ErrorBody) -> Any:
    kinds = {
        400: "invalid_request_error",
        401: "authentication_error",
        404: "not_found_error",
        413: "request_too_large",
        429: "rate_limit_error",
    }
    error = {"type": kinds.get(status, "api_error"), "message": _sentence(body)}
    return {"type": "error", "error": error, "request_id": body.request_id}


def _as_openai(status: int, body: ErrorBody) -> Any:
    kind = "invalid_request_error" if status < 500 else "server_error"
    error = {"message": _sentence(body), "type": kind, "param": None, "code": body.error}
    return {"error": error}


def _sentence(body: ErrorBody) -> str:
    return f"{body.message} {body.hint}".strip()


_DIALECTS: Mapping[Dialect, Callable[[int, ErrorBody], Any]] = {
    "loom": _as_loom,
    "anthropic": _as_anthropic,
    "openai": _as_openai,
}
