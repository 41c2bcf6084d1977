"""Whether the bytes that came through a proxy are the provider's own, each in its place."""

import json
import re

from bench.proxies.upstream import HEAD, TAIL, event, numbered

SIZE = re.compile(rb"([0-9a-f]+)\r\n")


def unchunked(data: bytes) -> bytes:
    """The body that these chunks carry."""
    body, at = b"", data.find(b"\r\n\r\n") + 4 if data.startswith(b"HTTP/") else 0
    while (size := SIZE.match(data, at)) and int(size[1], 16):
        body += data[size.end() : size.end() + int(size[1], 16)]
        at = size.end() + int(size[1], 16) + 2
    return body


BEGIN, END = unchunked(HEAD), unchunked(TAIL)


def native_body(seed: int, events: int) -> bytes:
    """A whole answer as the provider writes it."""
    texts = (unchunked(event(numbered(seed, place))) for place in range(events))
    return BEGIN + b"".join(texts) + END


def is_native(body: bytes, seed: int, events: int, sent: int, is_whole: bool) -> bool:
    """Whether `body` is the answer, or the part of it before the provider broke off."""
    whole = native_body(seed, events)
    if is_whole:
        return body == whole
    return whole.startswith(body) and body.count(b"event: content_block_delta") <= sent


def is_own(body: bytes, seed: int, sent: int, is_whole: bool) -> bool:
    """Whether Loom's events carry the texts in order and end as they must: once, and rightly."""
    blocks = body.decode().split("\n\n")
    events = [json.loads(each.partition("data: ")[2]) for each in blocks if "data: " in each]
    texts = "".join(each["content"] for each in events if each["type"] == "text_delta")
    ends = [each["type"] for each in events if each["type"] in ("completed", "error")]
    expected = "".join(numbered(seed, place) for place in range(sent))
    is_text = texts == expected if is_whole else expected.startswith(texts)
    return is_text and ends == ["completed" if is_whole else "error"]


def is_own_part(body: bytes, seed: int) -> bool:
    """Whether what came before a client left is a beginning of the answer."""
    texts = "".join(re.findall(r'"content":"([^"]*)"', body.decode(errors="replace")))
    return "".join(numbered(seed, place) for place in range(len(texts))).startswith(texts)
