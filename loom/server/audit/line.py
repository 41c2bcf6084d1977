"""An event as the bytes that are chained: JSON without anything that looks like a credential."""

import re
from collections.abc import Iterable, Sequence
from json import dumps
from operator import attrgetter

from msgspec import DecodeError, json, to_builtins
from msgspec.structs import fields

from loom.redact import Redactor
from loom.server.audit.event import AuditEvent
from loom.server.audit.severity import weighed

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


_encoder = json.Encoder()
_texts = attrgetter(*(each.name for each in fields(AuditEvent) if each.type is str))
"""The texts of an event beside its details and its outcome, which is one of three."""


def bodies_of(events: Sequence[AuditEvent], redactor: Redactor) -> list[bytes]:
    """The lines' bytes; a client may have put anything where a name or an address belongs."""
    events = [weighed(event) for event in events]
    bodies = [_encoded(event) for event in events]
    # Nearly always nothing is found; and lines that are written together say the same words.
    words = "\n".join(_words(events))
    if redactor.redact(words) == words:
        return bodies
    lines = zip(events, bodies, strict=True)
    return [_checked(redactor.redact(body.decode()), event) for event, body in lines]


def _words(events: Iterable[AuditEvent]) -> set[str]:
    """Every text in these, once."""
    words: set[object] = set()
    for event in events:
        words.update(event.details.values())
        words.update(_texts(event))
    return {word for word in words if isinstance(word, str)}


def _encoded(event: AuditEvent) -> bytes:
    try:
        return _encoder.encode(event)
    except UnicodeEncodeError:
        # Header bytes that are no UTF-8 come as lone surrogates.
        return _encoder.encode(json.decode(_ascii(event), type=AuditEvent))


def _ascii(event: AuditEvent) -> bytes:
    return _SURROGATE.sub(r"\\ufffd", dumps(to_builtins(event))).encode()


def _checked(clean: str, event: AuditEvent) -> bytes:
    """`clean` where it is still an event; else what is known without anybody's words."""
    try:
        json.decode(clean, type=AuditEvent)
    except DecodeError:
        bare = AuditEvent(event.type, event.at, event.outcome, severity=event.severity)
        return json.encode(bare)
    return clean.encode()
