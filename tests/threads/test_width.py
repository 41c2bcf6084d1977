import pytest

from loom.threads.width import cells, cut


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("a\u200db", 2)]
)
def test_width_is_counted_in_terminal_cells(text: str, width: int) -> None:
    assert cells(text) == width


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"


def test_wide_character_is_never_cut_in_half() -> None:
    assert cut("日本語", 4) == "日…"
