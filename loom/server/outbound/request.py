"""A request's head as bytes (RFC 9112 §3)."""

from collections.abc import Mapping

from loom.http import USER_AGENT
from loom.server.outbound.target import Target


def request_head(method: str, target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """The request line, `headers`, and what they leave out: Host, User-Agent, Accept, length.

    Args:
        headers: compared without case; they may repeat a name (a multidict).

    Raises:
        ValueError: a name or value holds a line's end, which would begin another header.
    """
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += _left_out(method, target, headers, body)
    text = "\r\n".join((*lines, "", ""))
    if text.count("\n") != len(lines) + 1 or text.count("\r") != len(lines) + 1 or "\0" in text:
        raise ValueError("a header holds a line's end")
    # aiohttp decodes header bytes that are no UTF-8 to surrogates: they leave as they came.
    return text.encode("utf-8", "surrogateescape")


def _left_out(method: str, target: Target, headers: Mapping[str, str], body: bytes) -> list[str]:
    given = {name.lower() for name in headers}
    lines = []
    if "user-agent" not in given:
        lines.append(f"User-Agent: {USER_AGENT}")
    if "accept" not in given:
        lines.append("Accept: */*")
    if target.authorization and "authorization" not in given:
        lines.append(f"Authorization: {target.authorization}")
    if target.proxy_authorization:
        lines.append(f"Proxy-Authorization: {target.proxy_authorization}")
    if body and "content-type" not in given:
        lines.append("Content-Type: application/octet-stream")
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return lines
