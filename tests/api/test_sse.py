from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.api.sse import SseParser
from loom.core.errors import CodecError


def parsed(*chunks: bytes) -> list[tuple[str, bytes]]:
    parser = SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def test_event_name_and_data_are_given():
    assert parsed(b"event: llm\ndata: {}\n\n") == [("llm", b"{}")]


def test_event_without_a_name_is_a_message():
    assert parsed(b"event: a\ndata: 1\n\ndata: 2\n\n") == [("a", b"1"), ("message", b"2")]


def test_lines_of_data_are_joined_by_line_feeds():
    assert parsed(b"data: a\ndata:b\ndata\ndata:  c\n\n") == [("message", b"a\nb\n\n c")]


def test_comments_and_unknown_fields_are_dropped():
    assert parsed(b": ping\n\nid: 7\nretry: 5\nfoo: x\n: y\ndata: a\n\n") == [("message", b"a")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_is_understood(end: bytes):
    assert parsed(end.join([b"event: a", b"data: 1", b"", b""])) == [("a", b"1")]


def test_carriage_return_and_line_feed_in_two_chunks_are_one_line_end():
    assert parsed(b"data: 1\r", b"\ndata: 2\r", b"\n\r", b"\n") == [("message", b"1\n2")]


def test_byte_order_mark_at_the_start_is_dropped():
    assert parsed(b"\xef\xbb", b"\xbfdata: 1\n\n") == [("message", b"1")]


def test_event_cut_off_by_the_end_is_discarded():
    assert parsed(b"data: 1\n\ndata: 2\n") == [("message", b"1")]


def test_line_beyond_the_limit_is_refused_and_not_kept():
    parser = SseParser(max_size=1000)
    with pytest.raises(CodecError, match="larger than 1,000"):
        for _ in range(100):
            parser.feed(b"data: " + b"x" * 100)


def test_event_of_many_lines_beyond_the_limit_is_refused():
    parser = SseParser(max_size=1000)
    with pytest.raises(CodecError):
        for _ in range(100):
            parser.feed(b"data: " + b"x" * 100 + b"\n")


lines = st.lists(
    st.sampled_from(
        [b"data: {}", b"data:\xc3\xa9", b"event: llm", b": ping", b"", b"data", b"event", b"x: y"]
    )
)
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(lines=lines, end=ends, cuts=st.lists(st.integers(0, 200)))
def test_any_fragmentation_gives_the_same_events(lines: list[bytes], end: bytes, cuts: list[int]):
    stream = end.join([*lines, b"", b""])
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[a:b] for a, b in pairwise(places)]
    assert parsed(*pieces) == parsed(stream)
    assert parsed(*(bytes([byte]) for byte in stream)) == parsed(stream)
