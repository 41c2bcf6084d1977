import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import main, measured, names, table
from bench.row import Row, ratio
from bench.terminal import Terminal


def test_the_benches_that_measure_are_found() -> None:
    assert "start" in names()
    assert "terminal" not in names()


def test_help_names_every_bench(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proxy", "--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"  {name} " in told for name in names())


def test_an_unknown_bench_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-bench"]) == 2
    assert "there are:" in capsys.readouterr().err


def test_what_was_measured_before_a_bench_failed_is_kept() -> None:
    def measure() -> Iterator[Row]:
        yield Row("first", 1.0, 2.0)
        raise StopAsyncIteration("whatever it is")

    first, failed = measured("some", measure)
    assert (first.name, first.holds) == ("first", True)
    assert (failed.name, failed.holds) == ("some could not be measured", False)


def test_a_ratio_compares_medians() -> None:
    row = ratio("x", [30.0, 20.0, 900.0], [10.0, 10.0, 500.0], limit=3.0)
    assert (row.measured, row.holds) == (3.0, True)


def test_the_table_says_which_promise_is_broken() -> None:
    lines = table([Row("good", 1.0, 2.0), Row("bad", 3.0, 2.0)]).splitlines()
    assert [line.split()[6] for line in lines[1:]] == ["yes", "NO"]


def test_a_terminal_sees_what_a_program_writes_and_echoes(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "input('READY')"]
    with Terminal(program, dict(os.environ), str(tmp_path)) as terminal:
        painted = terminal.wait_for("READY")
        terminal.type("ж")
        assert terminal.started < painted < terminal.wait_for("ж")


def test_a_program_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "print('broken')"]
    with (
        Terminal(program, dict(os.environ), str(tmp_path)) as terminal,
        pytest.raises(TimeoutError, match="broken"),
    ):
        terminal.wait_for("READY")
