"""One encoding, strict about types and lenient about the future."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.core import codec
from loom.core.errors import CodecError
from loom.core.messages import Image, Message, Opaque, Text, Thinking, ToolCall, ToolResult, Unknown
from loom.core.protocol import (
    Decide,
    MessageAdded,
    SendMessage,
    TextStreamed,
    UnknownEvent,
    UnknownOp,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
BLOCKS = st.one_of(
    st.builds(Text, TEXT),
    st.builds(Thinking, TEXT, TEXT, TEXT),
    st.builds(Image, TEXT, TEXT),
    st.builds(ToolCall, TEXT, TEXT, st.dictionaries(TEXT, JSON, max_size=3)),
    st.builds(ToolResult, TEXT, st.tuples(st.builds(Text, TEXT)), st.booleans()),
    st.builds(Opaque, TEXT, st.dictionaries(TEXT, JSON, max_size=3)),
)
MESSAGES = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant"]),
    st.lists(BLOCKS, max_size=4).map(tuple),
    TEXT,
)


@given(MESSAGES)
@settings(deadline=None, database=None)
def test_messages_survive_json(message):
    assert codec.decode_message(codec.encode(message)) == message


@given(MESSAGES, st.integers(0, 2**40))
@settings(deadline=None, database=None)
def test_events_and_ops_survive_json(message, seq):
    event = MessageAdded(message=message, seq=seq)
    assert codec.decode_event(codec.encode(event)) == event
    op = SendMessage(message.content, message.id)
    assert codec.decode_op(codec.encode(op)) == op


FUTURE = b'{"type":"hologram","depth":3,"parts":[{"type":"text","text":"x"}]}'


def test_a_block_of_a_newer_loom_survives_an_older_one():
    body = b'{"role":"user","content":[' + FUTURE + b',{"type":"text","text":"now"}]}'
    message = codec.decode_message(body)
    assert message.text == "now"
    assert isinstance(message.content[0], Unknown) and message.content[0].raw["depth"] == 3
    assert codec.decode_message(codec.encode(message)) == message


def test_a_newer_block_inside_an_event_is_kept_too():
    body = b'{"type":"message_added","seq":7,"message":{"role":"user","content":[' + FUTURE + b"]}}"
    event = codec.decode_event(body)
    assert isinstance(event, MessageAdded) and event.seq == 7
    assert event.message.content[0].kind == "hologram"


def test_a_newer_event_keeps_its_number():
    event = codec.decode_event(b'{"type":"levitated","seq":9,"height":2}')
    assert event == UnknownEvent(
        kind="levitated", raw={"type": "levitated", "seq": 9, "height": 2}, seq=9
    )


def test_a_newer_op_is_kept():
    assert codec.decode_op(b'{"type":"levitate"}') == UnknownOp("levitate", {"type": "levitate"})


def test_what_was_unknown_is_unwrapped_by_a_loom_that_knows_it():
    kept = Unknown("text", {"type": "text", "text": "now known"})
    assert codec.known(kept) == Text("now known")
    assert codec.known(UnknownOp("decide", {"type": "decide", "call_id": "c", "allow": True})) == (
        Decide("c", True)
    )
    assert codec.known(kept_future := Unknown("hologram", {})) is kept_future


def test_an_unknown_whose_body_does_not_fit_stays_unknown():
    odd = UnknownEvent(kind="text_streamed", raw={"type": "text_streamed", "text": 5})
    assert codec.known(odd) is odd
    assert codec.known(TextStreamed(text="x")) == TextStreamed(text="x")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"type":"text_streamed","text":5}',
        b'{"seq":1}',
        b'{"type":5}',
        b"\xff\xfe",
        b'"\x80"',
        b'{"a":"\x80"}',
        b"[" * 100_000,
        b'{"type":' * 5_000,
    ],
)
def test_what_is_no_event_is_a_codec_error(body):
    with pytest.raises(CodecError):
        codec.decode_event(body)
