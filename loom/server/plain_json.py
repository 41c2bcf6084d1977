"""JSON objects that every reader reads alike.

Readers differ where a name stands twice, where names differ by case alone, and where bytes are no
UTF-8. What is decided about such a body may not be what is done with it.
"""

import re
from collections.abc import Mapping

import msgspec

from loom.server.errors import Refused

_FIRST = 40
"""Bytes that show how a body is spaced, as a rule."""

_SPACE = re.compile(rb"[ \t\n\r]*")
_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


def members(body: bytes) -> Mapping[str, msgspec.Raw]:
    """The values of a JSON object by name, each as it was written.

    Raises:
        Refused: it is none (400), says a name twice, or writes one with escapes.
    """
    try:
        found = _decoder.decode(body)
        if not body.isascii():
            body.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise unclear(f"not a JSON object in UTF-8: {error}") from error
    first, second = (
        (_is_usual, _is_compact) if b'": ' in body[:_FIRST] else (_is_compact, _is_usual)
    )
    if not (first(body, found) or second(body, found) or _is_all(body, found)):
        raise unclear("a field's name stands there twice, or is written with escapes")
    return found


def unclear(what: str) -> Refused:
    """The refusal of a body that somebody else may read in another way."""
    hint = "Loom passes on what can be read in one way only."
    return Refused(400, "invalid_request", f"the request's body: {what}.", hint)


def _is_compact(body: bytes, found: Mapping[str, msgspec.Raw]) -> bool:
    """Whether these members are all of `body`, which then has no blank between them.

    A name is never longer than its bytes, so that nothing makes up for one that is missing.
    """
    size = len(found) + 1 if found else 2
    for name, value in found.items():
        size += len(name) + 3 + len(memoryview(value))
    return size == len(body)


def _is_usual(body: bytes, found: Mapping[str, msgspec.Raw]) -> bool:
    """Whether these members, with the blanks that Python's json writes, are all of `body`."""
    written = b", ".join([b'"%b": %b' % (name.encode(), value) for name, value in found.items()])
    return b"{%b}" % written == body


def _is_all(body: bytes, found: Mapping[str, msgspec.Raw]) -> bool:
    """Whether these members, in this order, with blanks between them, are all of `body`."""
    at, before = 0, b"{"
    for name, value in found.items():
        for token in (before, b'"%b"' % name.encode(), b":", bytes(value)):
            at = _after(body, at, token)
            if at < 0:
                return False
        before = b","
    return _after(body, at, b"}" if found else b"{") > 0


def _after(body: bytes, at: int, token: bytes) -> int:
    """Where `token`, with blanks before it, ends; -1 where something else stands."""
    space = _SPACE.match(body, at)
    at = space.end() if space else at
    return at + len(token) if body.startswith(token, at) else -1
