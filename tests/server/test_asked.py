import json
from typing import Any

import pytest

from loom.server.asked import looked_through, weigh


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "messages": [], **fields}).encode()


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({}, None),
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 100}, 100),
        ({"max_output_tokens": 100}, 100),
        ({"max_tokens": 5, "max_completion_tokens": 100}, 100),
        ({"max_tokens": 100, "n": 3}, 300),
        ({"max_tokens": -5}, 0),
    ],
)
def test_the_longest_answer_is_known(fields: dict[str, Any], most: int | None) -> None:
    assert weigh(body(**fields)).max_tokens == most


def test_a_conversation_is_known_by_what_the_wires_have_for_it() -> None:
    assert weigh(body(prompt_cache_key="t1")).thread == "t1"
    assert weigh(body(metadata={"user_id": "t2"})).thread == "t2"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"model": 7}',
        b'{"model": "m", "max_tokens": "9"}',
        b'{"model": "cheap", "model": "dear"}',
        b'{"model": "m", "max_tokens": 1, "max_tokens": 100000}',
        b"[" * 100_000,
    ],
)
def test_what_is_unclear_has_no_model(data: bytes) -> None:
    assert looked_through(weigh(data), data).model == ""


def test_the_same_words_deeper_inside_are_not_the_requests() -> None:
    tool = {"input_schema": {"properties": {"model": {"type": "string"}, "n": {"type": "number"}}}}
    data = body(tools=[tool, tool], messages=[{"content": '{"model": "other"}'}])
    assert looked_through(weigh(data), data).model == "m"


def test_input_is_never_reckoned_below_a_third_of_its_bytes() -> None:
    asked = weigh(body(messages=[{"content": "x" * 3000}]))
    assert 1000 < asked.taken < 1100
