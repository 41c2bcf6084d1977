"""A row's JSON written as its difference from the row's text, so that text is stored once.

A packed body is a zlib stream (RFC 1950) whose preset dictionary is the text followed by the
phrases that Loom's JSON is made of. It cannot be taken for a plain one: that begins with `{`.
Whoever changes a row's text must pack its body again.
"""

import zlib

from loom.core.errors import CodecError

LONGEST = 65_536
"""Bytes; a longer body stays plain, since packing it would hold up the writer."""

_TEXT = 24_576
"""Bytes of the text that the 32 KiB window of zlib still reaches when its copy in JSON ends."""

# Part of the file format: never to be changed. The most frequent stands last, where it is nearest.
_PHRASES = (
    b'{"type":"compaction","summary":"","folded":1,"tokens_before":1,"tokens_after":1}'
    b'{"type":"tool_start","call_id":"call_1","name":"bash","summary":"'
    b'{"type":"checkpoint","event":"turn_started","turn_id":"1"}'
    b'{"type":"checkpoint","event":"turn_finished","turn_id":"1","reason":"done","usage":{'
    b'{"type":"thinking","text":"","signature":"'
    b'],"is_error":true,"display":{"kind":"listing"{"kind":"text"{"kind":"diff"{"kind":"command",'
    b'"summary":"","body":""},"duration_ms":1}}'
    b'{"type":"tool_use","id":"toolu_01","name":"edit_file","input":{"path":"src/","old":"",'
    b'"new":"","command":""}}{"type":"message","message":{"role":"user","content":['
    b'{"type":"tool_result","result":{"tool_use_id":"toolu_01","content":[{"type":"text","text":"'
    b'"}],"id":"","created_at":1800000000000,"provider":"anthropic","model":"claude-",'
    b'"usage":{"input_tokens":1,"output_tokens":1,"cache_read_tokens":1,"cache_write_tokens":1},'
    b'"stop_reason":"tool_use","stop_reason":"end_turn"}}'
    b'{"type":"message","message":{"role":"assistant","content":[{"type":"text","text":""}]}}'
)


def pack(body: bytes, text: str) -> bytes:
    """`body`, a JSON object, packed where that is shorter; `text` is stored beside it as it is."""
    if len(body) > LONGEST:
        return body
    packer = zlib.compressobj(level=6, zdict=_dictionary(text.encode()))
    packed = packer.compress(body) + packer.flush()
    return packed if len(packed) < len(body) else body


def unpack(body: bytes, text: bytes) -> bytes:
    """The JSON that `pack` was given, or what is no packed body as it is.

    Raises:
        CodecError: damaged, or packed beside another text.
    """
    if not body.startswith(b"\x78"):
        return body
    unpacker = zlib.decompressobj(zdict=_dictionary(text))
    try:
        plain = unpacker.decompress(body, LONGEST)
    except zlib.error as error:
        raise CodecError(f"not a packed body: {error}") from error
    if not unpacker.eof:
        raise CodecError("not a packed body: it does not end where it should")
    return plain


def _dictionary(text: bytes) -> bytes:
    return text[:_TEXT] + _PHRASES
