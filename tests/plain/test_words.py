import pytest

from loom.core.messages import Display, Text, TodoItem, ToolResult
from loom.core.protocol import PermissionAsked
from loom.plain.words import diff_words, output_of, plan_lines, question, spoken_time, tool_line

DIFF = """\
--- a/clock.py
+++ b/clock.py
@@ -11,4 +11,4 @@
 same
-    return end - start
+    return (end - start) % DAY
+
 same
"""


def test_a_diff_names_each_changed_line_by_its_number() -> None:
    assert list(diff_words(DIFF)) == [
        "In clock.py:",
        "removed line 12:     return end - start",
        "added line 12:     return (end - start) % DAY",
        "added line 13: (blank)",
    ]


def test_a_tool_is_told_with_its_outcome() -> None:
    result = ToolResult("c", display=Display("command", "exit code 0", "a\n"))
    assert tool_line("bash", "bash ls -l", result) == "Tool: bash ls -l: done, exit 0"


def test_an_edit_is_told_by_its_changed_lines() -> None:
    result = ToolResult("c", display=Display("diff", "+2 −1 clock.py", DIFF))
    line = tool_line("edit_file", "edit clock.py", result)
    assert line == "Tool: edit_file clock.py: done, 2 lines added, 1 line removed"


def test_a_failure_says_why() -> None:
    result = ToolResult("c", (Text("Error: no such file\nmore"),), is_error=True)
    assert tool_line("read_file", "", result) == "Tool: read_file: failed, Error: no such file"


def test_output_has_no_colours() -> None:
    result = ToolResult("c", display=Display("command", "exit code 0", "\x1b[31mred\x1b[0m"))
    assert output_of(result) == "red"


def test_a_question_shows_the_exact_command_and_hides_nothing_in_it() -> None:
    told = question(
        PermissionAsked(call_id="c", tool="bash", preview=Display("command", "t", "a\x1b[8mb"))
    )
    assert "The command:\na␛[8mb\nIts terms: t" in told


def test_a_question_about_an_edit_tells_the_diff() -> None:
    told = question(
        PermissionAsked(call_id="c", tool="edit_file", preview=Display("diff", "", DIFF))
    )
    assert "added line 12:     return (end - start) % DAY" in told


@pytest.mark.parametrize(
    ("ms", "words"), [(20, "1 second"), (61_000, "1 minute 1 second"), (120_000, "2 minutes")]
)
def test_times_are_words(ms: int, words: str) -> None:
    assert spoken_time(ms) == words


def test_a_plan_tells_where_each_step_stands() -> None:
    told = plan_lines((TodoItem("read", "done"), TodoItem("write")))
    assert told == "Plan of 2 steps:\n1: read: done\n2: write: to do"
