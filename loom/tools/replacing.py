"""Exact replacement in a text, whose line endings are neither compared nor changed."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from loom.core.errors import InvalidArguments, TargetNotFound
from loom.tools.nearest import nearest

MAX_TEXT = 10_000_000
"""Characters that a text may grow to."""
_SHOWN_PLACES = 10
_NUMBERED = re.compile(r"\s*\d+→")


class Edit(Struct, forbid_unknown_fields=True):
    """One replacement: `old_str` must stand exactly once, unless `replace_all`.

    An empty `old_str` appends `new_str` to the file, or makes the file; an empty `new_str` deletes.
    """

    old_str: str
    new_str: str
    replace_all: bool = False


def apply(text: str, edits: Sequence[Edit]) -> str:
    """`text` after every edit, in order, each seeing what the ones before it did.

    Raises TargetNotFound (naming the edit and what is near) and InvalidArguments.
    """
    for number, edit in enumerate(edits, 1):
        name = f"edit {number} of {len(edits)}: " if len(edits) > 1 else ""
        text = _apply(text, edit, name)
    return text


def _apply(text: str, edit: Edit, name: str) -> str:
    if edit.old_str == edit.new_str:
        raise InvalidArguments(f"{name}old_str and new_str are the same")
    flat = _Flat(text)
    if not edit.old_str:
        return text + flat.separator() + flat.with_endings(edit.new_str)
    old = _flattened(edit.old_str)
    count = flat.text.count(old)
    if count == 0:
        raise TargetNotFound(f"{name}old_str is not in the file", _advice(flat.text, old))
    if count > 1 and not edit.replace_all:
        raise TargetNotFound(
            f"{name}old_str stands {count:,} times in the file, {_lines_of(flat.text, old, count)}",
            "Add lines around it until it is unique, or set replace_all.",
        )
    return flat.replaced(old, edit.new_str, count)


def _flattened(text: str) -> str:
    return text.replace("\r\n", "\n")


class _Flat:
    """A text with every line ending as `\\n`, and the way back to its own offsets."""

    def __init__(self, text: str) -> None:
        self.original = text
        self.text = _flattened(text)
        self._crlf = [found.start() - nth for nth, found in enumerate(re.finditer("\r\n", text))]
        self.ending = "\r\n" if 2 * len(self._crlf) > self.text.count("\n") else "\n"

    def with_endings(self, new: str) -> str:
        """`new` with the line ending that most lines of this text have."""
        flat = _flattened(new)
        return flat if self.ending == "\n" else flat.replace("\n", self.ending)

    def separator(self) -> str:
        """What must stand between this text and an appended line."""
        return "" if not self.text or self.text.endswith("\n") else self.ending

    def replaced(self, old: str, new: str, count: int) -> str:
        """The original with the first `count` places of `old` replaced. Raises InvalidArguments."""
        new = self.with_endings(new)
        if len(self.original) + count * (len(new) - len(old)) > MAX_TEXT:
            raise InvalidArguments(f"the file would grow beyond {MAX_TEXT:,} characters")
        pieces, end = [], 0
        for start in _starts(self.text, old):
            pieces += [self.original[end : self._at(start)], new]
            end = self._at(start + len(old))
        return "".join((*pieces, self.original[end:]))

    def _at(self, offset: int) -> int:
        return offset + bisect_left(self._crlf, offset)


def _starts(text: str, old: str) -> list[int]:
    starts, at = [], text.find(old)
    while at >= 0:
        starts.append(at)
        at = text.find(old, at + len(old))
    return starts


def _lines_of(text: str, old: str, count: int) -> str:
    lines, line, last = [], 1, 0
    for start in _starts(text, old)[:_SHOWN_PLACES]:
        line += text.count("\n", last, start)
        last = start
        lines.append(str(line))
    return f"at lines {', '.join(lines)}" + (" …" if count > _SHOWN_PLACES else "")


def _advice(text: str, old: str) -> str:
    if all(_NUMBERED.match(line) for line in old.split("\n") if line):
        return "Leave out the line numbers and arrows that read_file puts before each line."
    return nearest(text, old) or "Nothing in the file is like it: read the file again."
