from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from loom.widgets.pasted import Pastes, image_path

TEN_LINES = "\n".join("abcdefghij")


def test_eight_lines_stay_and_nine_become_a_chip() -> None:
    assert Pastes().chip_for("x\n" * 7) == "x\n" * 7
    assert Pastes().chip_for("x\n" * 8) == "[pasted 9 lines]"


def test_a_long_line_becomes_a_chip() -> None:
    assert Pastes().chip_for("x" * 801) == "[pasted 801 characters]"


def test_equal_chips_are_told_apart() -> None:
    pastes = Pastes()
    chips = [pastes.chip_for(TEN_LINES), pastes.chip_for(TEN_LINES.upper())]
    assert pastes.expand(" ".join(chips)) == f"{TEN_LINES} {TEN_LINES.upper()}"


@given(st.lists(st.text(min_size=801, max_size=900), max_size=3))
def test_what_was_pasted_is_what_is_sent(texts: list[str]) -> None:
    pastes = Pastes()
    chips = [pastes.chip_for(text) for text in texts]
    assert pastes.expand("|".join(chips)) == "|".join(texts)


def test_a_paste_that_contains_a_chip_is_not_expanded_again() -> None:
    pastes = Pastes()
    pastes.chip_for(TEN_LINES)
    tricky = pastes.chip_for("[pasted 10 lines]\n" * 9)
    assert pastes.expand(tricky) == "[pasted 10 lines]\n" * 9


def test_only_an_existing_image_is_an_image(tmp_path: Path) -> None:
    (tmp_path / "a b.png").touch()
    assert image_path(f"{tmp_path}/a\\ b.png ") == tmp_path / "a b.png"
    assert image_path(f"{tmp_path}/other.png") is None
    assert image_path("a.png") is None
