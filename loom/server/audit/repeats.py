"""What happens again and again from one place: a few lines in full, then one that says how often.

A flood of refusals must not fill the disk that it is meant to be seen on.
"""

from ipaddress import ip_address, ip_network

from msgspec import Struct
from msgspec.structs import replace

from loom.server.audit.event import AuditEvent, Detail

WINDOW_MS = 60_000
IN_FULL = 5
"""Refusals of one caller in one window that are lines of their own."""

MAX_CALLERS = 2_000
"""Callers that are told apart at a time; refusals of all others are summed together."""

_IN_FULL = {"key.use": 1}

Key = tuple[str, str, str]


class _Repeat(Struct):
    first: AuditEvent
    count: int = 0


class Repeats:
    """Tells the first few from the rest. Times are the events' own."""

    def __init__(self) -> None:
        self._seen: dict[Key, _Repeat] = {}

    @property
    def is_idle(self) -> bool:
        """No window is open."""
        return not self._seen

    def is_known(self, kind: str, user_id: str, ip: str) -> bool:
        """The same was in full already; it was counted, and needs no event."""
        seen = self._seen.get((kind, user_id, _network(ip)))
        if seen is None or seen.count < _IN_FULL.get(kind, IN_FULL):
            return False
        seen.count += 1
        return True

    def is_repeat(self, event: AuditEvent) -> bool:
        """The event was counted; it needs no line of its own."""
        if event.outcome != "denied" and event.type not in _IN_FULL:
            return False
        seen = self._entry(event)
        seen.count += 1
        return seen.count > _IN_FULL.get(event.type, IN_FULL)

    def ended(self, now_ms: int | None = None) -> list[AuditEvent]:
        """Lines for the windows that are over at `now_ms`; all of them for None."""
        over = [
            key
            for key, seen in self._seen.items()
            if now_ms is None or now_ms - seen.first.at >= WINDOW_MS
        ]
        gone = [self._seen.pop(key) for key in over]
        return [_summed(each) for each in gone if _surplus(each)]

    def _entry(self, event: AuditEvent) -> _Repeat:
        key = (event.type, event.user_id, _network(event.ip))
        if key not in self._seen and len(self._seen) >= MAX_CALLERS:
            key, event = (event.type, "", ""), replace(event, ip="", user_agent="")
        return self._seen.setdefault(key, _Repeat(event))


def _surplus(seen: _Repeat) -> int:
    return max(seen.count - _IN_FULL.get(seen.first.type, IN_FULL), 0)


def _summed(seen: _Repeat) -> AuditEvent:
    details: dict[str, Detail] = {"repeated": _surplus(seen), "since": seen.first.at}
    return replace(seen.first, at=seen.first.at + WINDOW_MS, request_id="", details=details)


def _network(address: str) -> str:
    """The address, or for IPv6 the /64 that one customer has."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False))
