import json

import pytest

from loom.server.errors import Refused
from loom.server.plain_json import members

VALUE = {"model": "m", "messages": [{"a": [1, {"b": '"}{,'}]}, "ü"], "ü": None, "n": 1}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n", " :\t")])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_an_object_is_read_however_it_is_spaced(
    separators: tuple[str, str], is_ascii: bool
) -> None:
    names = {name: value for name, value in VALUE.items() if name.isascii() or not is_ascii}
    body = json.dumps(names, separators=separators, ensure_ascii=is_ascii)
    found = members(f"\n {body} \r\n".encode())
    assert {name: json.loads(bytes(value)) for name, value in found.items()} == names


@pytest.mark.parametrize("body", [b"{}", b" { } "])
def test_an_object_may_be_empty(body: bytes) -> None:
    assert members(body) == {}


UNCLEAR = {
    "nothing": b"",
    "no object": b"[]",
    "cut off": b"{",
    "two": b'{"model":"a"}{"model":"b"}',
    "a name twice": b'{"model":"cheap","model":"dear"}',
    "twice, with blanks": b'{"model": "cheap", "x": 1, "model": "dear"}',
    "twice, so that the sizes fit": b'{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"a":1}',
    "twice the same": b'{"model":"m","model":"m"}',
    "the later one longer": b'{"n":1,"m":2,"n":12}',
    "the earlier one longer": b'{"n":12,"m":2,"n":1}',
    "once with escapes": b'{"model":"cheap","mod\\u0065l":"dear"}',
    "a name with escapes": b'{"mod\\u0065l":"dear"}',
    "a mark of the byte order": b'\xef\xbb\xbf{"model":"m"}',
    "UTF-16": '{"model":"m"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"model":"m"}'.encode("utf-16-be"),
    "Latin-1": '{"model":"m","user":"ü"}'.encode("latin-1"),
    "an overlong quote": b'{"model":"cheap\xc0\xa2,\xc0\xa2model\xc0\xa2:\xc0\xa2dear"}',
    "a comment": b'{/* "model":"dear", */"model":"cheap"}',
    "a comment at the end": b'{"model":"cheap"}//',
    "not a number": b'{"model":"m","temperature":NaN}',
    "half a character": b'{"model":"m","user":"\\ud800"}',
    "too deep": b'{"model":' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_what_can_be_read_in_two_ways_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        members(body)
    assert (refusal.value.status, refusal.value.code) == (400, "invalid_request")
