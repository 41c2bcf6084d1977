import os
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core import codec
from loom.core.errors import CodecError
from loom.core.history import MessageEntry
from loom.core.messages import Message, Text
from loom.threads.packing import _PHRASES, LONGEST, pack, unpack
from loom.threads.rows import row_of
from tests.threads.samples import answered, said


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_any_body_comes_back_from_beside_its_text(text: str) -> None:
    row = row_of(said(text))
    assert unpack(pack(row.body, row.text), row.text.encode()) == row.body


@pytest.mark.parametrize("length", [1, 3_000, 24_000, 40_000, 70_000, 1_000_000])
def test_body_of_any_length_comes_back(length: int) -> None:
    letters = random.Random(length)
    row = row_of(answered("".join(letters.choices("aeinrst äß\n\t\"'", k=length))))
    packed = pack(row.body, row.text)
    assert unpack(packed, row.text.encode()) == row.body
    assert len(packed) <= len(row.body)


@pytest.mark.parametrize("length", [300, 3_000, 20_000])
def test_text_is_not_stored_again_in_the_body(length: int) -> None:
    letters = random.Random(length)
    text = "".join(letters.choices("abcdefghijklmnopqrstuvwxyz      \n", k=length))
    row = row_of(said(text))
    assert len(pack(row.body, row.text)) < 40 + len(text) / 6


def test_body_of_an_older_loom_is_read_as_it_is() -> None:
    row = row_of(said("hello"))
    assert unpack(row.body, row.text.encode()) == row.body


def test_body_packed_beside_another_text_is_damage_and_no_other_message() -> None:
    row = row_of(said("the text " * 20))
    with pytest.raises(CodecError, match="not a packed body"):
        unpack(pack(row.body, row.text), b"another text")


def test_every_cut_of_a_packed_body_is_damage() -> None:
    row = row_of(said("the text " * 20))
    packed = pack(row.body, row.text)
    for length in range(1, len(packed)):
        with pytest.raises(CodecError):
            unpack(packed[:length], row.text.encode())


def test_body_that_grows_without_end_is_damage() -> None:
    packer = zlib.compressobj(zdict=_PHRASES)
    endless = packer.compress(b"{" + b" " * LONGEST) + packer.flush()
    with pytest.raises(CodecError, match="end"):
        unpack(endless, b"")


def test_body_that_cannot_be_shortened_stays_plain() -> None:
    body = codec.encode(MessageEntry(Message("user", (Text(os.urandom(4).hex()),))))[:9]
    assert pack(body, "") == body
