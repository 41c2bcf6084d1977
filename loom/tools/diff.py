"""Unified diffs as a person reads them: exact, counted, and cheap also for large files."""

from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff

from msgspec import Struct

MAX_DIFF = 1_000_000
"""Characters of a diff that are shown."""
_CONTEXT = 3
_MAX_PAIRS = 2_000_000
_NO_NEWLINE = "\\ No newline at end of file"


class Diff(Struct, frozen=True):
    """A unified diff and how many lines it adds and removes."""

    body: str
    added: int
    removed: int


def diff(path: str, before: str | None, after: str) -> Diff:
    """From `before` (None: there was no file) to `after`. Line endings count, but are not shown."""
    old, new = _lines(before or ""), _lines(after)
    skip = _common(old, new)
    tail = _common(old[skip:][::-1], new[skip:][::-1])
    head = max(0, skip - _CONTEXT)
    spare = max(0, tail - _CONTEXT)
    old, new = old[head : len(old) - spare], new[head : len(new) - spare]
    rows = list(_changes(old, new, head))
    added = sum(row.startswith("+") for row in rows)
    removed = sum(row.startswith("-") for row in rows)
    source = "/dev/null" if before is None else f"a/{path}"
    return Diff(_body(f"--- {source}\n+++ b/{path}\n", rows), added, removed)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _common(old: list[str], new: list[str]) -> int:
    """How many lines both begin with."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _changes(old: list[str], new: list[str], offset: int) -> Iterator[str]:
    """Hunk headers and lines; line numbers are shifted by what was left out before."""
    if _equal_pairs(old, new) > _MAX_PAIRS:
        # A short difference would take minutes to find; a correct one takes no time.
        yield f"@@ -{_range(offset, len(old))} +{_range(offset, len(new))} @@"
        yield from (f"-{line}" for line in old)
        yield from (f"+{line}" for line in new)
        return
    rows = unified_diff(old, new, n=_CONTEXT, lineterm="")
    for row in list(rows)[2:]:
        yield _shifted(row, offset) if row.startswith("@@") else row


def _equal_pairs(old: list[str], new: list[str]) -> int:
    """What difflib's time grows with; like difflib, without lines that fill 1% of a long text."""
    theirs, ours = Counter(old), Counter(new)
    popular = len(new) // 100 + 1 if len(new) >= 200 else len(new)
    return sum(count * theirs[line] for line, count in ours.items() if count <= popular)


def _shifted(header: str, offset: int) -> str:
    _, old, new, _ = header.split(" ")
    return f"@@ {_moved(old, offset)} {_moved(new, offset)} @@"


def _moved(span: str, offset: int) -> str:
    start, comma, count = span[1:].partition(",")
    return f"{span[0]}{int(start) + offset}{comma}{count}"


def _range(offset: int, count: int) -> str:
    return f"{offset + (count > 0)},{count}"


def _body(header: str, rows: list[str]) -> str:
    shown, size = [header], 0
    for nth, row in enumerate(rows):
        size += len(row)
        if size > MAX_DIFF:
            shown.append(f"… {len(rows) - nth:,} more lines of difference are not shown\n")
            break
        shown.append(_shown(row))
    return "".join(shown)


def _shown(row: str) -> str:
    if row.startswith("@@"):
        return row + "\n"
    if not row.endswith("\n"):
        return f"{row}\n{_NO_NEWLINE}\n"
    return row.removesuffix("\n").removesuffix("\r") + "\n"
