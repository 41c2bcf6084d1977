import stat
from pathlib import Path

import pytest

from loom.screens.sent import KEPT, SentLines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state/loom/history"


def test_what_was_sent_is_there_in_the_next_run(path: Path) -> None:
    SentLines(path).add("first")
    SentLines(path).add("second")
    assert SentLines(path).read() == ["first", "second"]


def test_a_text_of_many_lines_stays_one_entry(path: Path) -> None:
    text = 'line one\nline "two"\r\n\u2028 日本語 🎉 \ud800'
    SentLines(path).add(text)
    assert SentLines(path).read() == [text]


def test_only_the_owner_can_read_it(path: Path) -> None:
    SentLines(path).add("secret plan")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_last_thousand_are_kept_and_the_file_stays_short(path: Path) -> None:
    sent = SentLines(path)
    for number in range(2 * KEPT + 1):
        sent.add(f"text {number}")
    assert sent.read() == [f"text {number}" for number in range(KEPT + 1, 2 * KEPT + 1)]
    assert len(path.read_text().splitlines()) == KEPT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and [*path.parent.iterdir()] == [path]


def test_a_repeated_text_is_offered_once(path: Path) -> None:
    for text in ("a", "a", "b"):
        SentLines(path).add(text)
    assert SentLines(path).read() == ["a", "b"]


def test_lines_that_are_no_entries_are_passed_over(path: Path) -> None:
    SentLines(path).add("whole")
    with path.open("ab") as file:
        file.write(b'"cut o\n[1]\n\xff\xfe\n')
    SentLines(path).add("after")
    assert SentLines(path).read() == ["whole", "after"]


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    SentLines(tmp_path / "state/history").add("text")
    assert SentLines(tmp_path / "state/history").read() == []


def test_without_a_path_nothing_is_kept() -> None:
    SentLines(None).add("text")
    assert SentLines(None).read() == []
