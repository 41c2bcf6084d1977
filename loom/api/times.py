"""Times on the wire: RFC 3339 in UTC with milliseconds; in storage they are Unix milliseconds."""

from datetime import UTC, datetime


def rfc3339(at_ms: int) -> str:
    """`2026-11-28T15:04:05.678Z`."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
