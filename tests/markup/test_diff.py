"""Unified diffs: numbers, sides, widths."""

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from loom.markup.diff import diff_lines, read_diff
from loom.markup.ink import Inks
from loom.markup.wrap import width_of

DIFF = """\
--- a/x.py
+++ b/x.py
@@ -9,4 +9,5 @@ def f
 a
-b
-c
+B
+漢字
+C
 d
\\ No newline at end of file
"""
INKS = Inks({"diff_add": Style(bgcolor="green"), "diff_remove": Style(bgcolor="red")})


def shown(text, width, **options):
    lines = diff_lines(text, width, INKS, **options)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_lines_carry_their_numbers():
    numbers = [(line.kind, line.old, line.new) for line in read_diff(DIFF)]
    assert numbers[2:6] == [("context", 9, 9), ("remove", 10, 0), ("remove", 11, 0), ("add", 0, 10)]


def test_a_narrow_diff_is_one_column():
    assert shown(DIFF, 60)[:5] == ["x.py", "⋯ def f", " 9   a", "10 - b", "11 - c"]


def test_a_wide_diff_is_side_by_side():
    row = shown(DIFF, 120)[3]
    left, _, right = row.partition("│")
    assert (left.strip(), right.strip()) == ("10 - b", "10 + B")


def test_an_added_line_without_partner_has_an_empty_side():
    left, _, right = shown(DIFF, 120)[5].partition("│")
    assert (left.strip(), right.strip()) == ("", "12 + C")


def test_changes_are_coloured_to_the_edge():
    added = next(line for line in diff_lines(DIFF, 60, INKS) if any(s.text == "+ " for s in line))
    assert width_of(added) == 60
    assert added[-1].style.bgcolor.name == "green"


def test_the_file_can_go_unnamed():
    assert shown(DIFF, 60, names_file=False)[0] == "⋯ def f"


def test_a_removed_line_that_looks_like_a_header_is_content():
    text = "--- a/x\n+++ b/x\n@@ -1,2 +1,1 @@\n--- old\n a\n"
    assert [line.kind for line in read_diff(text)] == ["file", "hunk", "remove", "context"]


def test_an_added_line_that_looks_like_a_header_is_content():
    new = "--- /dev/null\n+++ b/x\n@@ -0,0 +1,3 @@\n+a\n+++ /dev/null\n++++ b\n"
    assert shown(new, 60) == ["x", "1 + a", "2 + ++ /dev/null", "3 + +++ b"]


def test_a_second_file_follows_the_first():
    both = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -5 +5 @@\n-c\n+d\n"
    assert shown(both, 60) == ["x", "1 - a", "1 + b", "y", "⋯", "5 - c", "5 + d"]


def test_what_is_no_diff_is_shown_as_it_is():
    assert shown("hello\nworld", 60) == ["hello", "world"]


def test_control_characters_are_shown():
    assert "␛[31m" in shown("--- a/x\n+++ b/x\n@@ -1 +1 @@\n+\x1b[31m\n", 60)[-1]


@given(st.text(alphabet="+- @a1,\n\\漢\t\x1b", max_size=80), st.sampled_from([20, 60, 120, 161]))
def test_any_text_fits(text, width):
    assert all(width_of(line) <= width for line in diff_lines(text, width, INKS))
