from pathlib import Path

from loom.process import Capture


def test_short_stream_is_kept_whole(tmp_path: Path) -> None:
    capture = Capture(10, tmp_path / "spill")
    capture.add(b"01234")
    capture.add(b"56789")
    assert (capture.text(), capture.is_truncated, capture.spilled) == ("0123456789", False, None)
    assert not (tmp_path / "spill").exists()


def test_long_stream_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    capture = Capture(10)
    for digit in range(100):
        capture.add(b"%02d" % digit)
    assert capture.text() == "00010\n[… 190 bytes left out …]\n79899"
    assert capture.size == 200


def test_long_stream_is_whole_in_its_file(tmp_path: Path) -> None:
    capture = Capture(10, tmp_path / "spill")
    for digit in range(100):
        capture.add(b"%02d" % digit)
    capture.close()
    assert capture.spilled == tmp_path / "spill"
    assert (tmp_path / "spill").read_bytes() == b"".join(b"%02d" % n for n in range(100))
    assert (tmp_path / "spill").stat().st_mode & 0o777 == 0o600


def test_text_can_be_asked_for_shorter() -> None:
    capture = Capture(1000)
    capture.add(b"a" * 50 + b"b" * 50)
    assert capture.text(20) == "a" * 10 + "\n[… 80 bytes left out …]\n" + "b" * 10


def test_cut_never_leaves_half_a_character() -> None:
    capture = Capture(11)
    capture.add("äöüß€äöüß€€".encode())
    head, _, tail = capture.text().split("\n")
    assert (head, tail) == ("äö", "€")


def test_bytes_that_are_no_text_are_shown_as_replacements() -> None:
    capture = Capture()
    capture.add(b"a\xff\0b")
    assert capture.text() == "a\ufffd\ufffdb"
