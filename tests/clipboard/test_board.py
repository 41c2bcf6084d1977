"""Where a text goes, and that no more is said of it than is known."""

import base64
import os
import stat

import pytest

from loom.clipboard.osc52 import MAX_BYTES
from loom.clipboard.tools import feed


def osc(text: str) -> str:
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"


async def test_a_program_that_took_the_text_is_believed(board, tmp_path):
    board.program("xclip", f"cat > {tmp_path}/got")
    outcome = await board.clipboard(DISPLAY=":7").put("zwölf\nlines\n")
    assert outcome == ("Copied 2 lines.", "", True)
    assert (tmp_path / "got").read_text() == "zwölf\nlines\n"
    assert board.written == []


async def test_a_program_that_fails_is_named_and_the_next_one_is_tried(board, tmp_path):
    board.program("xclip", "cat > /dev/null; exit 1")
    board.program("xsel", f"cat > {tmp_path}/got")
    assert (await board.clipboard(DISPLAY=":7").put("a")).text == "Copied 1 character."
    assert (tmp_path / "got").read_text() == "a"


async def test_where_every_program_fails_nothing_is_called_copied(board):
    board.program("xclip", "exit 1")
    outcome = await board.clipboard(DISPLAY=":7").put("abc")
    assert outcome.text.startswith("xclip failed. 3 characters sent to the terminal's clipboard")
    assert "refuse" in outcome.text and "opied" not in outcome.text and not outcome.is_certain
    assert board.written == [osc("abc")]


async def test_a_program_that_never_ends_is_given_up():
    assert not await feed(["sleep", "60"], b"", os.environ, patience=0.1)


async def test_a_keeper_that_stays_does_not_hold_loom_up(board):
    board.program("xclip", "cat > /dev/null; sleep 5 &")
    assert (await board.clipboard(DISPLAY=":7").put("abc")).is_certain


@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"])
async def test_over_ssh_the_terminal_is_asked_and_no_program_here(board, variable):
    board.program("xclip", "cat > /dev/null")
    outcome = await board.clipboard(DISPLAY=":7", **{variable: "x"}).put("héllo")
    assert board.written == [osc("héllo")]
    assert not outcome.is_certain


async def test_a_program_without_its_display_is_not_tried(board):
    board.program("xclip", "cat > /dev/null")
    board.program("wl-copy", "cat > /dev/null")
    assert not (await board.clipboard().put("a")).is_certain


async def test_a_program_sees_no_key(board, tmp_path):
    board.program("xclip", f"cat > /dev/null; env > {tmp_path}/seen")
    await board.clipboard(DISPLAY=":7", OPENAI_API_KEY="sk-secret").put("a")
    seen = (tmp_path / "seen").read_text()
    assert "DISPLAY=:7" in seen and "sk-secret" not in seen


async def test_windows_takes_utf_16(board, tmp_path):
    board.program("clip.exe", f"cat > {tmp_path}/got")
    assert (await board.clipboard(WSL_DISTRO_NAME="Debian").put("漢字")).is_certain
    assert (tmp_path / "got").read_bytes().decode("utf-16") == "漢字"


async def test_the_largest_text_a_terminal_takes_is_sent(board):
    outcome = await board.clipboard().put("x" * MAX_BYTES)
    (sent,) = board.written
    assert len(sent) <= 100_000 and "sent" in outcome.text


async def test_a_larger_text_is_in_a_file_of_its_owner(board):
    outcome = await board.clipboard().put("x" * MAX_BYTES + "é")
    assert board.written == []
    assert str(board.kept) in outcome.text and not outcome.is_certain
    assert board.kept.read_text() == "x" * MAX_BYTES + "é"
    assert stat.S_IMODE(board.kept.stat().st_mode) == 0o600


async def test_a_terminal_without_a_clipboard_leaves_a_file(board):
    outcome = await board.clipboard(TERM="linux").put("abc")
    assert "no clipboard" in outcome.text and board.kept.read_text() == "abc"


async def test_a_file_that_cannot_be_written_is_told(board):
    board.kept.parent.write_text("not a folder")
    outcome = await board.clipboard(TERM="dumb").put("abc")
    assert "exists" in outcome.text.lower() and not outcome.is_certain


async def test_gnu_screen_is_sent_pieces_it_has_room_for(board):
    await board.clipboard(STY="1.pts", TERM="screen", SSH_TTY="x").put("y" * 1_000)
    (sent,) = board.written
    pieces = sent.removesuffix("\x1b\\").split("\x1b\\")
    assert all(piece.startswith("\x1bP") and len(piece) <= 256 for piece in pieces)
    assert "".join(piece.removeprefix("\x1bP") for piece in pieces) == osc("y" * 1_000)


async def test_a_browser_is_told_and_not_trusted(board):
    outcome = await board.clipboard(is_browser=True).put("abc")
    assert board.written == [osc("abc")]
    assert "browser" in outcome.text and not outcome.is_certain


async def test_nothing_is_not_copied(board):
    assert (await board.clipboard().put("")).text == "There is nothing to copy."
    assert board.written == []
