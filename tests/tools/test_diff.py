import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from loom.tools.diff import MAX_DIFF, diff

LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "  a\n", "-x\n", "+y\n"]), max_size=30)
LAST = st.sampled_from(["", "end"])
TEXTS = st.builds(lambda lines, last: "".join(lines) + last, LINES, LAST)


@settings(max_examples=40, deadline=None)
@given(TEXTS.filter(bool), TEXTS.filter(bool))
def test_diff_applied_to_the_old_text_gives_the_new(before: str, after: str) -> None:
    found = diff("file", before, after)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_text(before)
        if before != after:
            command = ["git", "apply", "--whitespace=nowarn", "-"]
            subprocess.run(command, input=found.body.encode(), cwd=folder, check=True)
        assert file.read_text() == after


def test_lines_are_counted() -> None:
    found = diff("f", "a\nb\n", "a\nc\nd\n")
    assert (found.added, found.removed) == (2, 1)
    assert found.body == "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d\n"


def test_new_file_comes_from_nowhere() -> None:
    assert diff("f", None, "a\n").body == "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n"


def test_change_far_into_a_file_keeps_its_line_numbers() -> None:
    before = "".join(f"{n}\n" for n in range(1, 20_001))
    after = before.replace("\n15000\n", "\nnew\n").replace("\n5000\n", "\nother\n")
    body = diff("f", before, after).body
    assert "@@ -4997,7 +4997,7 @@\n 4997\n" in body
    assert "@@ -14997,7 +14997,7 @@\n 14997\n" in body


def test_texts_too_alike_to_compare_are_replaced_whole() -> None:
    lines = [f"{n % 150}\n" for n in range(30_000)]
    found = diff("f", "".join(lines), "".join(reversed(lines)))
    assert found.body.startswith("--- a/f\n+++ b/f\n@@ -1,30000 +1,30000 @@\n-0\n")
    assert (found.added, found.removed) == (30_000, 30_000)


def test_endless_diff_is_cut_with_a_statement() -> None:
    body = diff("f", None, "x" * 99 + "\n" + ("y" * 99 + "\n") * 20_000).body
    assert len(body) < MAX_DIFF + 1_000
    assert body.endswith("lines of difference are not shown\n")


def test_changed_line_endings_count_as_changes() -> None:
    assert diff("f", "a\r\n", "a\n").added == 1
