"""What the terminal's bytes mean."""

import asyncio
import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from loom.terminal.keyboard import PASTE_BEGINS, PASTE_ENDS, Keyboard


class Heard:
    """Keeps what a keyboard sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.more = asyncio.Event()
        self.end = asyncio.Event()

    def __call__(self, message: Message) -> None:
        self.messages.append(message)
        self.more.set()

    @property
    def told(self) -> list[str]:
        """Keys by name, pastes by their text."""
        return [
            message.key if isinstance(message, events.Key) else f"paste {message.text}"
            for message in self.messages
            if isinstance(message, events.Key | events.Paste)
        ]


def heard_in_pieces(*pieces: str) -> list[str]:
    async def listen() -> list[str]:
        heard = Heard()
        keyboard = Keyboard(0, heard, heard.end.set)
        for piece in pieces:
            keyboard.feed(piece)
        keyboard._stop_timer()
        return heard.told

    return asyncio.run(listen())


def test_keys_and_pastes_keep_their_order():
    text = f"a{PASTE_BEGINS}two\nlines{PASTE_ENDS}b\x1b[A"
    assert heard_in_pieces(text) == ["a", "paste two\nlines", "b", "up"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=6))
def test_where_the_bytes_are_cut_makes_no_difference(cuts):
    text = f"a\x1b[B{PASTE_BEGINS}x\x1b[31m{PASTE_ENDS}{PASTE_BEGINS}y{PASTE_ENDS}é"
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert heard_in_pieces(*pieces) == heard_in_pieces(text)


def test_a_paste_of_nothing_is_a_paste():
    assert heard_in_pieces(PASTE_BEGINS + PASTE_ENDS + "k") == ["paste ", "k"]


@pytest.fixture
def pipe():
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


async def test_a_lone_escape_is_a_key_after_a_moment(pipe):
    heard = Heard()
    keyboard = Keyboard(pipe[0], heard, heard.end.set)
    keyboard.start()
    os.write(pipe[1], b"\x1b")
    await asyncio.wait_for(heard.more.wait(), 5)
    assert heard.told == ["escape"]
    keyboard.stop()


async def test_a_letter_in_two_reads_is_one_letter(pipe):
    heard = Heard()
    keyboard = Keyboard(pipe[0], heard, heard.end.set)
    keyboard.start()
    for byte in "é".encode():
        os.write(pipe[1], bytes([byte]))
        await asyncio.sleep(0.01)
    await asyncio.wait_for(heard.more.wait(), 5)
    assert [message.character for message in heard.messages] == ["é"]
    keyboard.stop()


async def test_the_end_of_the_terminal_is_told_once():
    read, write = os.pipe()
    heard = Heard()
    Keyboard(read, heard, heard.end.set).start()
    os.close(write)
    await asyncio.wait_for(heard.end.wait(), 5)
    os.close(read)
