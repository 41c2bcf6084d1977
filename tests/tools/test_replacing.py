import pytest

from loom.core.errors import InvalidArguments, TargetNotFound
from loom.tools.replacing import Edit, apply


def failure(text: str, *edits: Edit) -> TargetNotFound:
    with pytest.raises(TargetNotFound) as caught:
        apply(text, edits)
    return caught.value


def test_edits_apply_in_order_each_seeing_the_last() -> None:
    assert apply("a b\n", [Edit("a", "c"), Edit("c b", "d")]) == "d\n"


def test_replace_all_replaces_every_place() -> None:
    assert apply("x x x", [Edit("x", "yy", replace_all=True)]) == "yy yy yy"


def test_empty_new_text_deletes() -> None:
    assert apply("keep drop keep", [Edit("drop ", "")]) == "keep keep"


def test_empty_old_text_appends_on_a_line_of_its_own() -> None:
    assert apply("last", [Edit("", "next\n")]) == "last\nnext\n"
    assert apply("last\n", [Edit("", "next")]) == "last\nnext"
    assert apply("", [Edit("", "first")]) == "first"


def test_windows_line_endings_are_kept_and_not_compared() -> None:
    text = "one\r\ntwo\r\nthree\r\n"
    assert apply(text, [Edit("one\ntwo\n", "1\n2\n3\n")]) == "1\r\n2\r\n3\r\nthree\r\n"


def test_mixed_line_endings_stay_where_nothing_was_edited() -> None:
    text = "a\nb\r\nc\nd\n"
    assert apply(text, [Edit("b\nc", "B\nC")]) == "a\nB\nC\nd\n"
    assert apply(text, [Edit("d", "D")]) == "a\nb\r\nc\nD\n"


def test_text_that_stands_twice_names_count_and_lines() -> None:
    error = failure("x\ny\nx\n", Edit("x", "z"))
    assert error.message == "old_str stands 2 times in the file, at lines 1, 3"
    assert "replace_all" in error.hint


def test_many_places_are_not_all_listed() -> None:
    assert failure("x\n" * 50, Edit("x", "z")).message.endswith("8, 9, 10 …")


def test_failing_edit_is_numbered() -> None:
    assert failure("a", Edit("a", "b"), Edit("q", "z")).message.startswith("edit 2 of 2: ")


def test_missing_text_shows_the_nearest_lines_with_numbers() -> None:
    text = "import os\n\ndef parse(line):\n    return line.split()\n\nprint(1)\n"
    hint = failure(text, Edit("def parse(lines):\n    return lines.split()", "x")).hint
    assert "     3→def parse(line):\n     4→    return line.split()" in hint
    assert "import os" not in hint


def test_difference_in_white_space_only_is_named() -> None:
    hint = failure("if a:\n\treturn b\n", Edit("if a:\n    return b", "x")).hint
    assert hint.startswith("Only white space differs.")


def test_line_numbers_in_the_text_are_named() -> None:
    assert "line numbers" in failure("a\nb\n", Edit("     1→a\n     2→b", "x")).hint


def test_nothing_alike_says_so() -> None:
    assert failure("a\n", Edit("entirely other", "x")).hint.startswith("Nothing in the file")


def test_edit_that_changes_nothing_is_refused() -> None:
    with pytest.raises(InvalidArguments):
        apply("a", [Edit("a", "a")])


def test_replacement_cannot_grow_without_bound() -> None:
    with pytest.raises(InvalidArguments, match="grow beyond"):
        apply("a" * 100_000, [Edit("a", "b" * 1_000, replace_all=True)])
