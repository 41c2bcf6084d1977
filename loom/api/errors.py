"""The body of every answer that is not 200, on every route of Loom's own."""

from msgspec import Struct


class ErrorBody(Struct, frozen=True, omit_defaults=True):
    """`error` is an ErrorKind of `loom.core.llm` on the proxy, elsewhere a word for the status.

    `hint` says what to do next; `retry_after` is in seconds and repeats the header; `request_id`
    finds the request in the server's log.
    """

    error: str
    message: str
    hint: str = ""
    retry_after: float | None = None
    request_id: str = ""
