import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest

from loom.cli.style import RED, is_colour_wanted, paint


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        yield stream
    os.close(master)


@pytest.mark.parametrize(
    ("environment", "is_wanted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_gets_colour_unless_the_person_says_no(
    terminal: TextIO, environment: dict[str, str], is_wanted: bool
) -> None:
    assert is_colour_wanted(terminal, environment) is is_wanted


def test_text_without_colour_is_the_text() -> None:
    assert paint("x", RED, is_wanted=False) == "x"
    assert paint("x", RED, is_wanted=True) == "\x1b[31mx\x1b[0m"
