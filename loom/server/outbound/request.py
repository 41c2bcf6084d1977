"""A request's head as bytes (RFC 9112 §3)."""

from collections.abc import Container, Iterable, Mapping
from functools import lru_cache

from loom.http import USER_AGENT
from loom.server.outbound.target import Target

DEFAULTS = {
    "User-Agent": USER_AGENT,
    "Accept": "*/*",
    "Content-Type": "application/octet-stream",
}
"""What is sent where nobody says anything else; the last one only with a body."""


def request_head(method: str, target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """The request line, `headers`, and what they leave out: Host, User-Agent, Accept, length.

    Args:
        headers: compared without case; they may repeat a name (a multidict).

    Raises:
        ValueError: a name or value holds a line's end, which would begin another header.
    """
    given = _lowered(tuple(headers))
    lines = [*opening(method, target, given)]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [
        f"{name}: {value}"
        for name, value in DEFAULTS.items()
        if name.lower() not in given and (body or name != "Content-Type")
    ]
    return joined(method, lines, len(body))


def opening(method: str, target: Target, given: Container[str]) -> list[str]:
    """The lines that only the target decides; `given` are other headers' names in lower case."""
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.host}"]
    if target.authorization and "authorization" not in given:
        lines.append(f"Authorization: {target.authorization}")
    if target.proxy_authorization:
        lines.append(f"Proxy-Authorization: {target.proxy_authorization}")
    return lines


def joined(method: str, lines: Iterable[str], size: int) -> bytes:
    """All of `lines` and the length of the body, if it has one.

    Raises:
        ValueError: one of them holds a line's end.
    """
    length = (f"Content-Length: {size}",) if size or method == "POST" else ()
    return encoded((*lines, *length, "", ""))


def encoded(lines: tuple[str, ...]) -> bytes:
    """A head as it travels; the last two lines are empty.

    aiohttp decodes header bytes that are no UTF-8 to surrogates: they leave as they came.

    Raises:
        ValueError: a line holds a line's end, which would begin another header.
    """
    text = "\r\n".join(lines)
    ends = len(lines) - 1
    if text.count("\n") != ends or text.count("\r") != ends or "\0" in text:
        raise ValueError("a header holds a line's end")
    return text.encode("utf-8", "surrogateescape")


# Most requests have the same names.
@lru_cache(maxsize=64)
def _lowered(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
