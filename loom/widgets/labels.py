"""Times, amounts and sizes in the few cells a screen has for them."""

from datetime import datetime

_DAY = 86_400


def elapsed(seconds: float) -> str:
    """A running time: `7s`, `1m05s`, `2h03m`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3_600}h{whole % 3_600 // 60:02}m"


def duration(ms: int) -> str:
    """How long something took: `85ms`, `1.2s`, then as `elapsed`."""
    if ms < 1_000:
        return f"{ms}ms"
    return f"{ms / 1_000:.1f}s" if ms < 9_950 else elapsed(ms / 1_000)


def tokens(count: int) -> str:
    """A count of tokens: `950`, `12k`, `1.2M`."""
    if count < 1_000:
        return str(count)
    if count < 999_500:
        return f"{round(count / 1_000)}k"
    return f"{count / 1_000_000:.1f}".removesuffix(".0") + "M"


def cost(usd: float) -> str:
    """Money spent: cents from one cent on, else `<$0.01`."""
    return "<$0.01" if 0 < usd < 0.01 else f"${usd:,.2f}"


def call_title(name: str, summary: str) -> tuple[str, str]:
    """A tool's name and the rest of what its call does, without saying the name's words twice.

    `edit_file` and `edit a.py` give `edit_file` and `a.py`.
    """
    name = name or summary.partition(" ")[0] or "tool"
    rest = summary.removeprefix(name).strip()
    first, _, others = rest.partition(" ")
    return (name, others.strip()) if first in name.split("_") else (name, rest)


def moment(at_ms: int, now_ms: int) -> str:
    """When it was, in local time: `now`, `5m`, `14:05`, `Mon`, `3 Nov` or `2024`, in six cells.

    A time in the future (another machine's clock) reads `now`.
    """
    age = (now_ms - at_ms) / 1_000
    at, now = datetime.fromtimestamp(at_ms / 1_000), datetime.fromtimestamp(now_ms / 1_000)
    if age < 60:
        return "now"
    if age < 3_600:
        return f"{int(age // 60)}m"
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if age < 6 * _DAY:
        return f"{at:%a}"
    return f"{at.day} {at:%b}" if age < 300 * _DAY else f"{at:%Y}"


def sentence(text: str) -> str:
    """A message as a sentence; a name or path at either end stays as it is."""
    first, last = text.partition(" ")[0], text.rpartition(" ")[2]
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return f"{text}." if last.isalnum() else text
