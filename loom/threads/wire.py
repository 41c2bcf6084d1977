"""Entries as they travel: their tagged JSON, images by hash."""

from collections.abc import Iterable, Sequence

import msgspec

from loom.core.errors import CodecError
from loom.core.history import Entry
from loom.threads.rows import encoded, entry_from


def packed(entry: Entry) -> msgspec.Raw:
    """The entry's JSON. Entries that are equal are packed alike."""
    return msgspec.Raw(encoded(entry))


def unpacked(raws: Sequence[msgspec.Raw]) -> tuple[Entry, ...]:
    """The entries, whichever Loom packed them.

    Raises:
        CodecError: one is no entry; the message names it by its place.
    """
    return tuple(_entry(number, raw) for number, raw in enumerate(raws))


def _entry(number: int, raw: msgspec.Raw) -> Entry:
    try:
        return entry_from(bytes(raw))
    except CodecError as error:
        raise CodecError(f"entry {number}: {error.message}") from error
    except RecursionError as error:
        raise CodecError(f"entry {number}: nested too deeply") from error


def common(ours: Iterable[Entry], theirs: Iterable[Entry]) -> int:
    """How many leading entries are the same."""
    count = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        count += 1
    return count
