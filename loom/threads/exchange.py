"""A thread as one JSON document, both ways.

    {"format": "loom-thread", "version": 1, "thread": Thread, "entries": [Entry, …]}

Nothing is lost: images are inline, entries of a newer Loom stay as they are.
"""

import os
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loom.core import codec, ids
from loom.core.errors import CodecError
from loom.core.history import Entry
from loom.core.messages import Thread
from loom.threads import markdown
from loom.threads.store import ThreadStore, now_ms
from loom.threads.wire import unpacked

VERSION = 1


class Document(Struct, frozen=True):
    """An exported thread as it is written."""

    thread: Thread
    entries: tuple[Entry, ...]
    format: Literal["loom-thread"] = "loom-thread"
    version: int = VERSION


class _Draft(Struct, frozen=True):
    """A document whose entries are not read yet: a newer Loom may have written kinds of its own."""

    format: Literal["loom-thread"]
    version: int
    thread: Thread
    entries: tuple[msgspec.Raw, ...]


async def export_json(store: ThreadStore, thread: Thread) -> bytes:
    """The thread and its visible conversation, indented for people and diffs."""
    document = Document(thread, await store.entries(thread.id))
    return msgspec.json.format(codec.encode(document), indent=1) + b"\n"


async def export_markdown(store: ThreadStore, thread: Thread) -> bytes:
    """The thread as a page to read, in UTF-8; it cannot be imported."""
    return markdown.render(thread, await store.entries(thread.id)).encode("utf-8", "replace")


def parse(data: bytes) -> Document:
    """The document in `data`, every entry read.

    Raises:
        CodecError: not an exported thread; the message names the entry and the place.
    """
    try:
        draft: _Draft = codec.decode(data, _Draft)
        if draft.version > VERSION:
            raise CodecError(
                f"written by a newer Loom (document version {draft.version})", "Update Loom."
            )
        entries = unpacked(draft.entries)
    except RecursionError as error:
        raise CodecError("nested too deeply") from error
    return Document(draft.thread, entries)


async def import_json(
    store: ThreadStore,
    data: bytes,
    change: Callable[[Thread], Thread] = lambda thread: thread,
) -> Thread:
    """The thread in `data`, stored whole or not at all, with a new id when its own is taken.

    `change` may adapt the head line before it is stored.

    Raises:
        CodecError: `data` is not an exported thread.
        StoreError: the head line cannot be stored.
    """
    document = parse(data)
    thread = change(document.thread)
    if await store.thread(thread.id) is not None:
        thread = replace(thread, id=ids.thread_id(now_ms(), os.urandom(10)))
    return await store.create(thread, document.entries)
