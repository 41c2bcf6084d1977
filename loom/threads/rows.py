"""An entry as a database row: its JSON, the text that search reads, its images apart.

A row's `kind` is the entry's tag. A row of a newer Loom becomes an UnknownEntry and is written
back as it was; a row that cannot be read becomes an UnknownEntry of kind `damaged`, so that one bad
row never hides the others.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loom.core import codec
from loom.core.errors import CodecError
from loom.core.history import (
    CompactionEntry,
    Entry,
    MessageEntry,
    ToolResultEntry,
    UnknownEntry,
)
from loom.core.messages import Block, Image, Text, ToolResult, Unknown, text_of

DAMAGED = "damaged"
MESSAGE = "message"
KINDS = frozenset(kind.__struct_config__.tag for kind in get_args(Entry)) - {"unknown"}

# Beyond this a tool's output is a log; its beginning is enough to find it again.
INDEXED_CHARACTERS = 32_768

_REFERENCE = "sha256:"
_MISSING = Text("[An image was here; its data is no longer in the store.]")


class _Tag(Struct, frozen=True):
    type: str


class Attachment(NamedTuple):
    """An image's bytes, stored once however often it is shown."""

    hash: str
    media_type: str
    data: bytes


class Row(NamedTuple):
    """What is stored of one entry."""

    kind: str
    body: bytes
    text: str
    attachments: tuple[Attachment, ...] = ()


def row_of(entry: Entry) -> Row:
    """The entry's row. Raises CodecError for an UnknownEntry that misuses a kind we know."""
    if isinstance(entry, UnknownEntry):
        known = _known(entry)
        return row_of(known) if known else Row(entry.kind, encoded(entry.raw), "")
    attachments: list[Attachment] = []
    detached = _with_images(entry, lambda image: _detach(image, attachments))
    kind = str(entry.__struct_config__.tag)
    return Row(kind, encoded(detached), _searchable(entry), tuple(attachments))


def entry_of(kind: str, body: bytes, data_of: Callable[[str], bytes | None]) -> Entry:
    """The entry that a row holds; `data_of` gives an attachment's bytes by hash.

    Raises:
        CodecError: the row is damaged.
    """
    try:
        if kind not in KINDS:
            return UnknownEntry(kind, codec.decode(body, dict[str, Any]))
        entry: Entry = codec.decode(body, Entry)
    except RecursionError as error:
        raise CodecError("nested too deeply") from error
    return _with_images(entry, lambda image: _attach(image, data_of))


def entry_from(data: bytes) -> Entry:
    """The entry that tagged JSON holds, whichever Loom wrote it.

    Raises:
        CodecError: not an entry.
    """
    tag: _Tag = codec.decode(data, _Tag)
    if tag.type not in KINDS and tag.type != "unknown":
        return UnknownEntry(tag.type, codec.decode(data, dict[str, Any]))
    entry: Entry = codec.decode(data, Entry)
    if isinstance(entry, UnknownEntry):
        return _known(entry) or entry
    return _with_images(entry, lambda image: image)


def detached(kind: str, body: bytes, has: Callable[[str], bool]) -> Entry:
    """The entry that a row holds, its images by their hashes, for those that the store `has`.

    Raises:
        CodecError: the row is damaged.
    """

    def kept(image: Image) -> Block:
        digest = reference(image)
        return image if not digest or has(digest) else _MISSING

    if kind not in KINDS:
        return UnknownEntry(kind, codec.decode(body, dict[str, Any]))
    entry: Entry = codec.decode(body, Entry)
    return _with_images(entry, kept)


def reference(image: Image) -> str:
    """The hash of an image whose bytes lie elsewhere; "" for one that has them."""
    is_apart = image.data.startswith(_REFERENCE)
    return image.data.removeprefix(_REFERENCE) if is_apart else ""


def references(entries: Iterable[Entry]) -> frozenset[str]:
    """The hashes of images that the entries show and do not hold."""
    found: set[str] = set()

    def noted(image: Image) -> Block:
        found.add(reference(image))
        return image

    for entry in entries:
        _with_images(entry, noted)
    return frozenset(found - {""})


def damaged(row_id: int, kind: str, reason: str) -> UnknownEntry:
    """What stands in for a row that cannot be read."""
    return UnknownEntry(DAMAGED, {"entry": row_id, "kind": kind, "reason": reason})


def _known(entry: UnknownEntry) -> Entry | None:
    """What an older Loom kept for us, if this one knows the kind."""
    if entry.kind not in KINDS:
        return None
    try:
        known: Entry = codec.decode(encoded({**entry.raw, "type": entry.kind}), Entry)
    except CodecError as error:
        raise CodecError(f"not a {entry.kind} entry: {error.message}") from error
    return known


def _searchable(entry: Entry) -> str:
    if isinstance(entry, MessageEntry):
        text = text_of(entry.message.content)
    elif isinstance(entry, ToolResultEntry):
        text = text_of((entry.result,))
    elif isinstance(entry, CompactionEntry):
        text = entry.summary
    else:
        text = ""
    return _printable(text[:INDEXED_CHARACTERS])


def encoded(value: Any) -> bytes:
    """JSON, with half surrogates (file names that are not UTF-8) replaced so that it is one."""
    try:
        return codec.encode(value)
    except UnicodeEncodeError:
        return codec.encode(_repaired(msgspec.to_builtins(value)))


def _repaired(node: Any) -> Any:
    if isinstance(node, str):
        return _printable(node)
    if isinstance(node, dict):
        return {_repaired(key): _repaired(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_repaired(item) for item in node]
    return node


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _with_images(entry: Entry, change: Callable[[Image], Block]) -> Entry:
    """The entry with every image replaced, and blocks that an older Loom did not know opened."""
    if isinstance(entry, MessageEntry):
        content = _changed(entry.message.content, change)
        if content is not entry.message.content:
            return MessageEntry(replace(entry.message, content=content))
    elif isinstance(entry, ToolResultEntry):
        return ToolResultEntry(_changed_block(entry.result, change))
    return entry


def _changed(content: Sequence[Block], change: Callable[[Image], Block]) -> Any:
    """`content` itself where there is nothing to change, which is nearly always."""
    if not any(isinstance(block, Image | ToolResult | Unknown) for block in content):
        return content
    return tuple(_changed_block(block, change) for block in content)


def _changed_block(block: Block, change: Callable[[Image], Block]) -> Any:
    if isinstance(block, Image):
        return change(block)
    if isinstance(block, ToolResult):
        content = _changed(block.content, change)
        return block if content is block.content else replace(block, content=content)
    return codec.known(block) if isinstance(block, Unknown) else block


def _detach(image: Image, attachments: list[Attachment]) -> Image:
    try:
        data = base64.b64decode(image.data, validate=True)
    except (binascii.Error, ValueError):
        return image
    # What would not come back letter for letter stays where it is.
    if not data or base64.b64encode(data).decode("ascii") != image.data:
        return image
    digest = hashlib.sha256(data).hexdigest()
    attachments.append(Attachment(digest, image.media_type, data))
    return replace(image, data=_REFERENCE + digest)


def _attach(image: Image, data_of: Callable[[str], bytes | None]) -> Block:
    digest = reference(image)
    if not digest:
        return image
    data = data_of(digest)
    if data is None:
        return _MISSING
    return replace(image, data=base64.b64encode(data).decode("ascii"))
