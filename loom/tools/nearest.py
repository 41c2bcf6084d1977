"""Where a text comes closest to lines that are not in it: what makes a failed edit mendable."""

from difflib import SequenceMatcher, get_close_matches

_CUTOFF = 0.6
_COMPARED = 200
_SHOWN = 2
_MAX_LINES = 15


def nearest(text: str, wanted: str) -> str:
    """The numbered lines of `text` most like `wanted`, introduced; empty when nothing is.

    Only the most telling line of `wanted` is searched for, by its first 200 characters.
    """
    lines = text.split("\n")
    looked_for = [line.strip()[:_COMPARED] for line in wanted.split("\n")]
    if not any(looked_for):
        return ""
    places = _places([line.strip()[:_COMPARED] for line in lines], looked_for[:_MAX_LINES])
    shown = [_numbered(lines, start, len(looked_for)) for start in places]
    if not shown:
        return ""
    reason = "Only white space differs. " if _is_same_but_space(lines, places[0], wanted) else ""
    return f"{reason}The nearest is:\n" + "\n…\n".join(shown)


def _places(lines: list[str], wanted: list[str]) -> list[int]:
    """First lines (from 0) of the best places, best first."""
    anchor = max(wanted, key=len)
    shift = wanted.index(anchor)
    alike = set(get_close_matches(anchor, set(lines), n=3, cutoff=_CUTOFF))
    starts = [max(0, nth - shift) for nth, line in enumerate(lines) if line in alike][:50]
    likeness = {start: _likeness(lines[start : start + len(wanted)], wanted) for start in starts}
    return sorted(likeness, key=lambda start: (-likeness[start], start))[:_SHOWN]


def _likeness(lines: list[str], wanted: list[str]) -> float:
    return SequenceMatcher(None, "\n".join(lines), "\n".join(wanted), autojunk=False).ratio()


def _numbered(lines: list[str], start: int, count: int) -> str:
    window = lines[start : start + min(count, _MAX_LINES)]
    return "\n".join(f"{nth:>6}→{line[:_COMPARED]}" for nth, line in enumerate(window, start + 1))


def _is_same_but_space(lines: list[str], start: int, wanted: str) -> bool:
    count = wanted.count("\n") + 1
    return "\n".join(lines[start : start + count]).split() == wanted.split()
