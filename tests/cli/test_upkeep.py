import os
from contextlib import suppress
from io import StringIO

from loom.cli.upkeep import PATIENCE, Teller
from loom.db import Stage

HEADLINE = "Loom is bringing its store up to date, which happens once: 3 messages."


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def teller(clock: Clock, *, is_terminal: bool) -> tuple[Teller, StringIO]:
    stream = StringIO()
    told = Teller(stream, lambda: "3 messages", is_terminal=is_terminal, clock=clock)
    return told, stream


def lines(stream: StringIO) -> list[str]:
    return [line.strip() for line in stream.getvalue().replace("\r", "\n").split("\n") if line]


def test_what_is_over_at_once_is_not_told() -> None:
    told, stream = teller(clock := Clock(), is_terminal=True)
    clock.now = PATIENCE / 2
    told(Stage("changed", 0, 1))
    told.end("Done.")
    assert stream.getvalue() == ""


def test_a_terminal_shows_how_far_it_is_in_one_line() -> None:
    told, stream = teller(clock := Clock(), is_terminal=True)
    for stage in (
        Stage("copied", 1, 8),
        Stage("copied", 2, 8),
        Stage("changed", 0, 2),
        Stage("changed", 1, 2),
    ):
        clock.now += 2.0
        told(stage)
        told(stage)
    told.end("Done.")
    assert lines(stream) == [
        HEADLINE,
        "a copy first: 12 %, 2 s",
        "a copy first: 25 %, 4 s",
        "step 1 of 2, 6 s",
        "step 2 of 2, 8 s",
        "Done.",
    ]
    assert stream.getvalue().count("\n") == 2


def test_a_pipe_gets_the_first_and_the_last_words() -> None:
    told, stream = teller(clock := Clock(), is_terminal=False)
    for stage in (Stage("copied", 2, 8), Stage("changed", 0, 2), Stage("changed", 1, 2)):
        clock.now += 2.0
        told(stage)
    told.end("Done.")
    assert stream.getvalue() == f"{HEADLINE}\nDone.\n"


def test_waiting_for_another_loom_is_told_as_that() -> None:
    told, stream = teller(clock := Clock(), is_terminal=True)
    for stage in (Stage("waiting"), Stage("waiting"), Stage("copied", 2, 8)):
        clock.now += 2.0
        told(stage)
    assert lines(stream) == [
        "Another Loom is bringing the store up to date; this one waits.",
        "4 s",
        HEADLINE,
    ]


def test_a_stream_that_nobody_reads_stops_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    told = Teller(stream, lambda: "", is_terminal=False, clock=(clock := Clock()))
    clock.now = 2.0
    told(Stage("changed", 0, 1))
    told.end("Done.")
    with suppress(BrokenPipeError):
        stream.close()
