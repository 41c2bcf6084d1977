"""An event as the bytes that are chained: JSON without anything that looks like a credential."""

import re
from json import dumps

from msgspec import DecodeError, json, to_builtins

from loom.redact import Redactor
from loom.server.audit.event import AuditEvent
from loom.server.audit.severity import weighed

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def body_of(event: AuditEvent, redactor: Redactor) -> bytes:
    """The line's bytes; a client may have put anything where a name or an address belongs."""
    event = weighed(event)
    try:
        body = json.encode(event)
    except UnicodeEncodeError:
        # Header bytes that are no UTF-8 come as lone surrogates.
        body = json.encode(json.decode(_ascii(event), type=AuditEvent))
    text = body.decode()
    clean = redactor.redact(text)
    return body if clean == text else _checked(clean, event)


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
