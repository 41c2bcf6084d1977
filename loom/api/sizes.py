"""Bytes as people read them."""

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def told_size(size: float) -> str:
    """`1.5 GiB`: three digits at most, in units of 1,024."""
    for unit in _UNITS:
        if size < 999.5 or unit == _UNITS[-1]:
            break
        size /= 1024
    digits = 0 if unit == "bytes" or size >= 99.95 else 1
    return f"{size:.{digits}f} {unit}"
