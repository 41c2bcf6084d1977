import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.redact import Redactor
from loom.secrets import Secret

SHAPES = [
    "sk-ant-api03-AbCdEf0123456789",
    "sk-proj-AbCdEf0123456789_-x",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "ya29.a0AfB_byC1234567890",
    "lt_0123456789abcdef",
    "lk_0123456789abcdef",
    "ghp_0123456789abcdefghijABCDEFGHIJ",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-1234567890-abcdef",
]


@pytest.mark.parametrize("key", SHAPES)
def test_the_shape_of_a_key_is_taken_out(key: str) -> None:
    assert key not in Redactor().redact(f"the key {key} was refused")


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer swordfish-0",
        "authorization: swordfish-0",
        '{"x-api-key": "swordfish-0"}',
        "{'X-Api-Key': 'swordfish-0'}",
        json.dumps({"trace": '{"authorization": "Bearer swordfish-0"}'}),
        "GET /v1?alt=sse&key=swordfish-0 HTTP/1.1",
        "bearer swordfish-0",
    ],
)
def test_a_credential_is_known_by_its_place(line: str) -> None:
    assert "swordfish" not in Redactor().redact(line)


def test_a_known_value_is_taken_out_whatever_its_shape() -> None:
    redactor = Redactor([Secret('open "sesame" now')])
    for text in ('open "sesame" now', json.dumps('open "sesame" now'), "open%20%22sesame%22%20now"):
        assert "sesame" not in redactor.redact(f"<{text}>")


def test_a_private_key_is_taken_out_even_when_cut_off() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow"
    assert Redactor().redact(f"a {text}") == "a [REDACTED:private-key]"


def test_ordinary_text_is_left_alone() -> None:
    text = "the task-runner asked for a token budget of 4096; risk-free, key points: none"
    assert Redactor([Secret("short")]).redact(text) == text


FRAGMENTS = st.sampled_from(
    [*SHAPES, "Bearer ", "x-api-key: ", "?key=", "[REDACTED]", "[REDACTED:bearer]", '"', " ", "\n"]
)


@given(st.lists(FRAGMENTS | st.text(max_size=8)).map("".join))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    redactor = Redactor([Secret("hunter2-hunter2")])
    once = redactor.redact(text)
    assert redactor.redact(once) == once
