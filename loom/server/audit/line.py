"""An event as the bytes that are chained: JSON without anything that looks like a credential."""

import re
from collections.abc import Sequence
from json import dumps

from msgspec import DecodeError, json, to_builtins

from loom.redact import Redactor
from loom.server.audit.event import AuditEvent
from loom.server.audit.severity import weighed

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


_encoder = json.Encoder()


def bodies_of(events: Sequence[AuditEvent], redactor: Redactor) -> list[bytes]:
    """The lines' bytes; a client may have put anything where a name or an address belongs."""
    events = [weighed(event) for event in events]
    bodies = [_encoded(event) for event in events]
    # Read all at once first: a line has no raw line feed, and nearly always nothing is found.
    text = b"\n".join(bodies).decode()
    if redactor.redact(text) == text:
        return bodies
    lines = zip(events, text.split("\n"), strict=True)
    return [_checked(redactor.redact(line), event) for event, line in lines]


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
