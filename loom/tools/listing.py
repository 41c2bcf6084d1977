"""The worker's side of list_files."""

import os
from itertools import islice
from pathlib import Path

from msgspec import Struct, msgpack

from loom.tools.output import visible
from loom.tools.walking import Entry, entered, walk


class ListJob(Struct, frozen=True):
    """List the folder `path` of `workspace`, at most `max_results` entries."""

    workspace: str
    path: str
    is_recursive: bool
    max_results: int


class Listing(Struct, frozen=True):
    """Lines, one an entry: `file`, `folder/`, `link -> target`; and whether there are more."""

    lines: tuple[str, ...]
    is_cut: bool


def list_packed(packed: bytes) -> bytes:
    """Between processes: a ListJob in, a Listing out. Raises OSError."""
    job = msgpack.decode(packed, type=ListJob)
    with entered(Path(job.workspace), job.path) as (folder, rules):
        entries = walk(folder, job.path, rules, job.is_recursive, lambda path: False)
        lines = tuple(_line(entry) for entry in islice(entries, job.max_results + 1))
    listing = Listing(lines[: job.max_results], len(lines) > job.max_results)
    return msgpack.encode(listing)


def _line(entry: Entry) -> str:
    path = visible(entry.path)
    if entry.kind == "link":
        return f"{path} -> {visible(os.readlink(entry.name, dir_fd=entry.folder))}"
    return path + "/" * (entry.kind == "folder")
