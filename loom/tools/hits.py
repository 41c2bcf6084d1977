"""Search hits: read from `rg --json` lines, and written as the model reads them."""

import base64

import msgspec
from msgspec import Struct

from loom.tools.output import MAX_ANSWER, clip, visible

_MAX_LINE = 500
_MAX_REPORT = MAX_ANSWER - 2_000


class Hit(Struct, frozen=True):
    """One line of a file: a match, or the context of one."""

    path: str
    number: int
    text: str
    is_match: bool


class Refused(Struct, frozen=True):
    """What is wrong with the pattern."""

    message: str


class _Text(Struct):
    """ripgrep's text, or its bytes in base64 where they are no UTF-8."""

    text: str | None = None
    bytes: str = ""

    def __str__(self) -> str:
        if self.text is not None:
            return self.text
        return base64.b64decode(self.bytes).decode("utf-8", "replace")


class _Data(Struct):
    path: _Text | None = None
    lines: _Text | None = None
    line_number: int | None = None
    message: str = ""


class _Record(Struct):
    type: str
    data: _Data


def parse(line: bytes) -> Hit | Refused | None:
    """What a JSON line tells of; None for all that only counts or opens a file."""
    record = msgspec.json.decode(line, type=_Record)
    data = record.data
    if record.type == "failure":
        return Refused(data.message)
    if record.type not in ("match", "context") or data.line_number is None:
        return None
    path = str(data.path).removeprefix("./")
    text = str(data.lines).removesuffix("\n").removesuffix("\r")
    return Hit(path, data.line_number, text, record.type == "match")


class Report:
    """Hits of at most `max_results` matching lines, file by file.

    Attributes:
        is_cut: there was more than is shown.
    """

    def __init__(self, max_results: int, context: int) -> None:
        self.is_cut = False
        self._max_results = max_results
        self._context = context
        self._hits: list[Hit] = []
        self._matches = 0
        self._size = 0

    def add(self, hit: Hit) -> bool:
        """Take the next hit; whether there is room for more."""
        if self._size > _MAX_REPORT or (hit.is_match and self._matches == self._max_results):
            self.is_cut = True
            self._drop_foreign_context()
            return False
        self._hits.append(hit)
        self._matches += hit.is_match
        self._size += min(len(hit.text), _MAX_LINE) + 10
        return True

    def _drop_foreign_context(self) -> None:
        """Leave out what stands before a match that is itself not shown."""
        last = next((hit for hit in reversed(self._hits) if hit.is_match), None)
        while last is not None and (hit := self._hits[-1]) is not last:
            if hit.path == last.path and hit.number <= last.number + self._context:
                break
            self._hits.pop()

    @property
    def is_empty(self) -> bool:
        """Nothing matched."""
        return not self._hits

    @property
    def summary(self) -> str:
        """`12 matches in 3 files`."""
        files = len({hit.path for hit in self._hits})
        return f"{_count(self._matches, 'match', 'matches')} in {_count(files, 'file', 'files')}"

    def __str__(self) -> str:
        """Each file's path, then its lines: `12:match` and `13-context`, `--` between groups."""
        lines: list[str] = []
        before: Hit | None = None
        for hit in self._hits:
            if before is None or before.path != hit.path:
                lines += [""] * bool(lines) + [visible(hit.path)]
            elif self._context and hit.number > before.number + 1:
                lines.append("--")
            lines.append(f"{hit.number}{':' if hit.is_match else '-'}{clip(hit.text, _MAX_LINE)}")
            before = hit
        return "\n".join(lines)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
