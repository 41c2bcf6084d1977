"""A write, checked as far as that needs no database: it may be large, so a worker prepares it."""

import hashlib
from dataclasses import dataclass

import msgspec

from loom.api.threads import Attachment, ThreadFields, ThreadWrite, Visibility, fields_of
from loom.api.times import unix_ms
from loom.core.errors import CodecError, StoreError
from loom.core.messages import Thread
from loom.server.errors import Refused
from loom.threads import heads, rows
from loom.threads.wire import unpacked
from loom.threads.writing import Addition, addition_of

SHORTEST_ID = 3


@dataclass(frozen=True)
class Prepared:
    """What is to be written. `named` are images that the entries show and that did not come."""

    thread: Thread
    keep: int
    new: Addition
    images: tuple[rows.Attachment, ...]
    named: frozenset[str]
    visibility: Visibility
    team_id: str


def prepared(thread_id: str, body: bytes, now_ms: int) -> Prepared:
    """The write that `body` asks for. Raises Refused (400) naming what is wrong."""
    try:
        asked = msgspec.json.decode(body, type=ThreadWrite)
        thread = _thread(thread_id, asked.thread, now_ms)
        entries = unpacked(asked.entries)
        new = addition_of(entries, thread.updated_at)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "invalid_request", f"not a ThreadWrite: {error}") from error
    except (CodecError, StoreError) as error:
        raise Refused(400, "invalid_request", error.message) from error
    images = tuple(map(_image, asked.attachments))
    named = rows.references(entries) - {image.hash for image in images}
    return Prepared(thread, asked.keep, new, images, named, asked.visibility, asked.team_id)


def _thread(thread_id: str, fields: ThreadFields, now_ms: int) -> Thread:
    """The head line. A clock that runs ahead puts no thread before those of others."""
    created_at = min(_time(fields.created_at, now_ms), now_ms)
    updated_at = min(_time(fields.updated_at, now_ms), now_ms)
    times = {"created_at": created_at, "updated_at": updated_at}
    thread = heads.checked(Thread(id=thread_id, **(fields_of(fields) | times)))
    if not thread.id.startswith("T-") or len(thread.id) < SHORTEST_ID:
        raise Refused(400, "invalid_request", f"not a thread id: {thread_id[:80]!r}")
    return thread


def _time(text: str, now_ms: int) -> int:
    return unix_ms(text) if text else now_ms


def _image(given: Attachment) -> rows.Attachment:
    if hashlib.sha256(given.data).hexdigest() != given.hash:
        raise Refused(400, "invalid_request", f"the attachment {given.hash} has other bytes")
    return rows.Attachment(given.hash, given.media_type, given.data)
