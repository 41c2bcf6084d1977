"""Times on the wire: RFC 3339 in UTC with milliseconds; in storage they are Unix milliseconds."""

from datetime import UTC, datetime

from loom.core.errors import CodecError


def rfc3339(at_ms: int) -> str:
    """`2026-11-28T15:04:05.678Z`."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix_ms(text: str) -> int:
    """The Unix milliseconds of an RFC 3339 time. Raises CodecError when it is none."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no offset")
        return round((moment - _EPOCH).total_seconds() * 1000)
    except (ValueError, OverflowError) as error:
        hint = "Write it as 2026-11-28T15:04:05Z."
        raise CodecError(f"not an RFC 3339 time: {text[:40]!r}", hint) from error


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
