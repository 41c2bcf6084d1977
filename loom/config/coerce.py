"""Text to the type of its setting: booleans, numbers, lists, durations."""

import re
from typing import Any, get_args

import msgspec
from msgspec import Meta

from loom.config.settings import FIELDS

BOOLEANS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*")


def from_text(key: str, text: str) -> Any:
    """The value that `text` means for the setting; `text` itself where it means none.

    What could not be turned is refused by the check that follows, which knows what to say.
    """
    kind = FIELDS.get(key)
    if kind is bool:
        return BOOLEANS.get(text.strip().lower(), text)
    if getattr(kind, "__origin__", None) is tuple:
        return split_list(text)
    if _is_duration(kind):
        return duration(text)
    return _number(text) if _bare(kind) in (int, float) else text


def split_list(text: str) -> list[str]:
    """The parts between commas; a comma in parentheses belongs to a rule's pattern."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def duration(value: Any) -> Any:
    """Seconds of `30`, `"30s"`, `"500ms"`, `"5m"` or `"1h"`; anything else as it came."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    return float(match[1]) * UNITS[match[2] or "s"]


def is_duration(key: str) -> bool:
    """Whether the setting is a number of seconds."""
    return _is_duration(FIELDS.get(key))


def _is_duration(kind: Any) -> bool:
    metas = (item for item in get_args(kind) if isinstance(item, Meta))
    return any((meta.extra or {}).get("is_duration") for meta in metas)


def _bare(kind: Any) -> Any:
    return getattr(kind, "__origin__", kind)


def _number(text: str) -> Any:
    try:
        return msgspec.convert(text.strip(), int | float, strict=False)
    except msgspec.ValidationError:
        return text
