"""The worker's side of code_search where there is no ripgrep: the same answers, in its format."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct, msgpack
from pathspec import GitIgnoreSpec

from loom.tools.output import printable
from loom.tools.place import open_regular
from loom.tools.text_file import Encoding, is_binary
from loom.tools.walking import entered, walk

MAX_FILE = 10 * 1_048_576
"""Bytes of the largest file that is searched."""
_BRACES = re.compile(r"\{([^{}]*)\}")
_MAX_GLOBS = 100


class SearchJob(Struct, frozen=True):
    """Search the file or folder `path` of `workspace`; `glob` may be empty."""

    workspace: str
    path: str
    pattern: str
    ignore_case: bool
    context: int
    glob: str


def search_packed(packed: bytes, out: BinaryIO) -> None:
    """A SearchJob in; `match` and `context` lines as `rg --json` has them out, file by file.

    A pattern that is none is answered by one line of type `failure`. Raises OSError.
    """
    job = msgpack.decode(packed, type=SearchJob)
    try:
        pattern = re.compile(job.pattern, re.IGNORECASE if job.ignore_case else 0)
    except (re.error, RecursionError, OverflowError) as error:
        out.write(_record("failure", {"message": f"regex parse error: {error}"}))
        return
    for path, file in _files(job):
        with file:
            for record in _hits(path, file, pattern, job.context):
                out.write(record)
        out.flush()


def _files(job: SearchJob) -> Iterator[tuple[str, BinaryIO]]:
    """The files to search, open; one that was asked for by name is not judged."""
    parent, _, name = job.path.rpartition("/")
    if (Path(job.workspace) / job.path).is_file():
        with entered(Path(job.workspace), parent) as (folder, _rules):
            yield job.path, open_regular(name, folder)
        return
    is_chosen, is_wanted = _choice(job.glob)
    with entered(Path(job.workspace), job.path) as (folder, rules):
        for entry in walk(folder, job.path, rules, True, is_wanted):
            if entry.kind == "file" and is_chosen(entry.path):
                try:
                    file = open_regular(entry.name, entry.folder)
                except OSError:
                    # Not ours to read, or gone since.
                    continue
                if os.fstat(file.fileno()).st_size <= MAX_FILE:
                    yield entry.path, file
                else:
                    file.close()


def _choice(glob: str) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Which files are searched, and which although they are ignored; both as ripgrep's --glob."""
    if not glob:
        return lambda path: True, lambda path: False
    spec = GitIgnoreSpec.from_lines(_unbraced(glob.removeprefix("!")))
    if glob.startswith("!"):
        return lambda path: not spec.match_file(path), lambda path: False
    return spec.match_file, spec.match_file


def _unbraced(glob: str) -> list[str]:
    """`*.{py,toml}` as two globs, which is all that gitignore's own language lacks."""
    done: list[str] = []
    pending = [glob]
    while pending and len(done) + len(pending) <= _MAX_GLOBS:
        found = _BRACES.search(pending[0])
        first = pending.pop(0)
        if found is None:
            done.append(first)
            continue
        head, tail = first[: found.start()], first[found.end() :]
        pending.extend(head + choice + tail for choice in found[1].split(","))
    return done + pending


def _hits(path: str, file: BinaryIO, pattern: re.Pattern[str], context: int) -> Iterator[bytes]:
    data = file.read(MAX_FILE)
    if is_binary(data):
        return
    encoding = Encoding.of(data)
    text = data[len(encoding.mark) :].decode(encoding.codec, "replace")
    lines = text.removesuffix("\n").split("\n") if text else []
    matching = [n for n, line in enumerate(lines) if pattern.search(line.removesuffix("\r"))]
    for number, is_match in _with_context(matching, context, len(lines)):
        yield _line(path, number, lines[number], is_match)


def _with_context(matching: list[int], context: int, count: int) -> Iterator[tuple[int, bool]]:
    matched, shown = set(matching), -1
    for match in matching:
        for number in range(max(shown + 1, match - context), min(count, match + context + 1)):
            yield number, number in matched
            shown = number


def _line(path: str, number: int, line: str, is_match: bool) -> bytes:
    data = {
        "path": {"text": printable(path)},
        "lines": {"text": line},
        "line_number": number + 1,
    }
    return _record("match" if is_match else "context", data)


def _record(kind: str, data: dict[str, object]) -> bytes:
    return msgspec.json.encode({"type": kind, "data": data}) + b"\n"
