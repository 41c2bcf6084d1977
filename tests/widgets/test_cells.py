from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from loom.markup.clean import one_line
from loom.widgets.cells import between, cut, cut_left


@given(st.text(), st.integers(0, 40))
def test_cutting_never_exceeds_the_width(text: str, width: int) -> None:
    line = one_line(text)
    assert cell_len(cut(line, width)) <= width
    assert cell_len(cut_left(line, width)) <= width


def test_what_fits_is_left_alone() -> None:
    assert cut("変更", 4) == cut_left("変更", 4) == "変更"


def test_a_wide_character_is_not_halved() -> None:
    assert cut("変更変更", 4) == "変…"


def test_the_end_of_a_path_is_kept() -> None:
    assert cut_left("/srv/src/parser", 8) == "…/parser"


def test_both_sides_share_the_width() -> None:
    assert between("a long name", "3s", 8) == "a lo… 3s"
