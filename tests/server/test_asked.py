import json
from typing import Any

import pytest

from loom.server.asked import weigh
from loom.server.errors import Refused

CHAT = frozenset({"max_tokens", "max_completion_tokens"})


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "messages": [], **fields}).encode()


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({}, 7),
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 100}, 100),
        # A field that this wire does not know bounds nothing.
        ({"max_output_tokens": 100}, 7),
        ({"max_output_tokens": 1, "max_tokens": 100}, 100),
        ({"max_tokens": 5, "max_completion_tokens": 100}, 100),
        ({"max_tokens": 100, "n": 3}, 300),
        ({"max_tokens": 100, "best_of": 300, "n": 2}, 30_000),
        ({"n": 4, "max_tokens": None}, 4 * 7),
        ({"n": None, "best_of": -1}, 7),
        ({"max_tokens": -5}, 0),
    ],
)
def test_the_longest_answer_is_known(fields: dict[str, Any], most: int) -> None:
    assert weigh(body(**fields), CHAT).given(7) == most


def test_a_conversation_is_known_by_what_the_wires_have_for_it() -> None:
    assert weigh(body(prompt_cache_key="t1"), CHAT).thread == "t1"
    assert weigh(body(metadata={"user_id": "t2"}), CHAT).thread == "t2"


@pytest.mark.parametrize(
    "data",
    [
        b"no",
        b'{"model": 7}',
        b'{"model": ["m"]}',
        b'{"model": "m", "max_tokens": "9"}',
        b'{"model": "m", "max_tokens": 1.5}',
        b'{"model": "m", "max_tokens": true}',
        b'{"model": "m", "n": 1e3}',
        b'{"model": "m", "max_tokens": 1%s}' % (b"0" * 5000),
        b'{"model": "cheap", "model": "dear"}',
        b'{"model": "m", "max_tokens": 1, "max_tokens": 100000}',
        b'{"model": "cheap", "Model": "dear"}',
        b'{"MODEL": "dear"}',
        b'{"model": "m", "maxTokens": 100000}',
        '{"model": "m", "max_to\u212aens": 100000}'.encode(),
    ],
)
def test_what_another_may_read_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        weigh(data, CHAT)
    assert (refusal.value.status, refusal.value.code) == (400, "invalid_request")


def test_a_model_is_what_its_escapes_mean() -> None:
    assert weigh(b'{"model":"cl\\u0061ude\\/x"}', CHAT).model == "claude/x"


def test_the_same_words_deeper_inside_are_not_the_requests() -> None:
    tool = {"input_schema": {"properties": {"model": {"type": "string"}, "n": {"type": "number"}}}}
    data = body(tools=[tool, tool], messages=[{"content": '{"model": "other"}'}])
    assert weigh(data, CHAT).model == "m"


def test_input_is_never_reckoned_below_a_third_of_its_bytes() -> None:
    asked = weigh(body(messages=[{"content": "x" * 3000}]), CHAT)
    assert 1000 < asked.taken < 1100


def test_no_answer_is_made_that_nobody_waits_for() -> None:
    with pytest.raises(Refused) as refusal:
        weigh(body(background=True), CHAT)
    assert refusal.value.status == 400
    assert weigh(body(background=False), CHAT).model == "m"


def test_fields_whose_price_no_table_tells_are_named() -> None:
    data = body(container="c", background=False, prompt=None, brand_new={}, temperature=1)
    assert sorted(weigh(data, CHAT).strange) == ["brand_new", "container"]
