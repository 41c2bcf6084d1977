"""Identifiers: UUIDv7 made from a clock and entropy that the caller passes in."""

THREAD_PREFIX = "T-"
MESSAGE_PREFIX = "m-"


def uuid7(now_ms: int, entropy: bytes) -> str:
    """A UUIDv7 in canonical text form, sortable by creation time.

    Args:
        now_ms: Unix milliseconds, 48 bits.
        entropy: 10 random bytes.

    Source: RFC 9562 §5.7.
    """
    value = (now_ms & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(entropy[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def thread_id(now_ms: int, entropy: bytes) -> str:
    """A new thread's id, `T-<uuid7>`."""
    return THREAD_PREFIX + uuid7(now_ms, entropy)


def message_id(now_ms: int, entropy: bytes) -> str:
    """A new message's id, `m-<uuid7>`."""
    return MESSAGE_PREFIX + uuid7(now_ms, entropy)
