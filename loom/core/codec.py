"""The only JSON encoding of messages, requests, Ops and Events.

Decoding is strict about types and lenient about the future: a union member that this Loom does not
know becomes `Unknown(kind, raw)` (or UnknownOp, UnknownEvent), is written back as it is kept, and
is unwrapped by a Loom that knows its kind. Unknown fields are ignored.
"""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast, get_args

import msgspec
from msgspec import Struct

from loom.core.errors import CodecError
from loom.core.llm import LlmEvent
from loom.core.messages import Block, Message, Unknown
from loom.core.protocol import AnyEvent, AnyOp, UnknownEvent, UnknownOp

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Compact JSON of any core value."""
    return _encoder.encode(value)


def decode(data: bytes | str, kind: type[T] | Any) -> T:
    """The core value of type `kind` that `data` holds.

    Raises:
        CodecError: not JSON, or JSON of another shape. The message names the place.
    """
    try:
        return cast(T, _decoder(cast(Hashable, kind)).decode(data))
    except msgspec.ValidationError as error:
        return cast(T, _decode_leniently(data, kind, error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CodecError(f"not JSON: {error}") from error


def decode_message(data: bytes | str) -> Message:
    """A Message. Raises CodecError."""
    return decode(data, Message)


def decode_op(data: bytes | str) -> AnyOp:
    """An Op of this or a newer Loom. Raises CodecError."""
    return decode(data, AnyOp)


def decode_event(data: bytes | str) -> AnyEvent:
    """An Event of this or a newer Loom. Raises CodecError."""
    return decode(data, AnyEvent)


def decode_llm_event(data: bytes | str) -> LlmEvent:
    """One `event: llm` payload. Raises CodecError, also for an unknown type."""
    return decode(data, LlmEvent)


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _tags(union: Any) -> frozenset[str]:
    return frozenset(str(member.__struct_config__.tag) for member in get_args(union))


_BLOCK_TAGS = _tags(Block)
_OP_TAGS = _tags(AnyOp)
_EVENT_TAGS = _tags(AnyEvent)


def _decode_leniently(data: bytes | str, kind: Any, error: Exception) -> Any:
    """Second try with every unknown member wrapped; the first error stands if that fails too."""
    try:
        tree = msgspec.json.decode(data)
        if kind == AnyOp:
            tree = _wrap(tree, _OP_TAGS)
        elif kind == AnyEvent:
            tree = _wrap(tree, _EVENT_TAGS)
        return msgspec.convert(_wrap_blocks(tree), kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise CodecError(f"unexpected shape: {error}") from error


def _wrap(node: Any, known: frozenset[str]) -> Any:
    if isinstance(node, dict) and isinstance(node.get("type"), str) and node["type"] not in known:
        return {"type": "unknown", "kind": node["type"], "raw": node, "seq": node.get("seq", 0)}
    return node


def _wrap_blocks(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: [_wrap(_wrap_blocks(item), _BLOCK_TAGS) for item in value]
            if key == "content" and isinstance(value, list)
            else value
            if key in ("raw", "input", "data")
            else _wrap_blocks(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_wrap_blocks(item) for item in node]
    return node


def known(value: Struct) -> Struct:
    """`value`, unwrapped when it is an unknown of an older Loom whose kind this one knows."""
    unions = ((Unknown, Block), (UnknownOp, AnyOp), (UnknownEvent, AnyEvent))
    for wrapper, union in unions:
        if isinstance(value, wrapper) and value.kind in _tags(union):
            try:
                return cast(Struct, msgspec.convert(value.raw, union))
            except msgspec.ValidationError:
                return value
    return value
