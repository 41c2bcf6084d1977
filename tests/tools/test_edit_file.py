import asyncio
import os
import shutil
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from loom.core.errors import (
    InvalidArguments,
    NotFound,
    PathOutsideWorkspace,
    PermissionDenied,
    TargetNotFound,
    ToolError,
)
from loom.core.messages import Display
from loom.tools.base import Answer, ToolContext, parse_arguments
from loom.tools.edit_file import EditFile
from loom.tools.read_file import ReadFile
from loom.tools.write_file import WriteFile


async def edit(context: ToolContext, path: str, *edits: tuple[str, str]) -> Answer:
    tool = EditFile()
    made = [{"old_str": old, "new_str": new} for old, new in edits]
    return await tool.run(parse_arguments(tool, {"path": path, "edits": made}), context)


async def preview(context: ToolContext, path: str, *edits: tuple[str, str]) -> Display:
    tool = EditFile()
    made = [{"old_str": old, "new_str": new} for old, new in edits]
    return await tool.preview(parse_arguments(tool, {"path": path, "edits": made}), context)


async def write(context: ToolContext, path: str, content: str) -> Answer:
    tool = WriteFile()
    arguments = parse_arguments(tool, {"path": path, "content": content})
    return await tool.run(arguments, context)


async def read(context: ToolContext, path: str) -> Answer:
    tool = ReadFile()
    return await tool.run(parse_arguments(tool, {"path": path}), context)


async def test_edit_changes_the_file_and_shows_the_diff(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a.py").write_text("x = 1\ny = 2\n")
    answer = await edit(context, "a.py", ("x = 1", "x = 3\nz = 4"))
    assert (workspace / "a.py").read_text() == "x = 3\nz = 4\ny = 2\n"
    assert answer.text == "+2 −1 a.py (1 edit, 12 → 18 bytes)"
    assert answer.display == Display(
        "diff",
        "+2 −1 a.py",
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,3 @@\n-x = 1\n+x = 3\n+z = 4\n y = 2\n",
    )


async def test_preview_is_the_diff_that_run_makes_and_writes_nothing(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("one\n")
    shown = await preview(context, "a", ("one", "two"))
    assert (workspace / "a").read_text() == "one\n"
    assert (await edit(context, "a", ("one", "two"))).display == shown


async def test_preview_of_a_new_file_makes_no_folder(workspace: Path, context: ToolContext) -> None:
    shown = await preview(context, "new/folder/file", ("", "hello\n"))
    assert shown.summary == "+1 −0 new/folder/file"
    assert os.listdir(workspace) == []


async def test_one_failing_edit_leaves_the_file_alone(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("one two\n")
    with pytest.raises(TargetNotFound, match="edit 2 of 2"):
        await edit(context, "a", ("one", "1"), ("three", "3"))
    assert (workspace / "a").read_text() == "one two\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfone\r\ntwo", b"\xef\xbb\xbf1\r\ntwo"),
        ("one\r\n".encode("utf-16"), "1\r\n".encode("utf-16")),
        (b"caf\xe9 one\n", b"caf\xe9 1\n"),
        (b"one\n\n\n", b"1\n\n\n"),
    ],
)
async def test_encoding_endings_and_last_newline_are_kept(
    workspace: Path, context: ToolContext, before: bytes, after: bytes
) -> None:
    (workspace / "a").write_bytes(before)
    await edit(context, "a", ("one", "1"))
    assert (workspace / "a").read_bytes() == after


async def test_mode_is_kept(workspace: Path, context: ToolContext) -> None:
    (workspace / "run.sh").write_text("one\n")
    (workspace / "run.sh").chmod(0o755)
    await edit(context, "run.sh", ("one", "two"))
    assert (workspace / "run.sh").stat().st_mode & 0o777 == 0o755


async def test_empty_old_text_makes_the_file_and_its_folders(
    workspace: Path, context: ToolContext
) -> None:
    await edit(context, "new/folder/file", ("", "hello\n"))
    assert (workspace / "new/folder/file").read_text() == "hello\n"


async def test_edit_of_a_missing_file_names_what_is_near(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "parser.py").touch()
    with pytest.raises(NotFound) as caught:
        await edit(context, "parsers.py", ("a", "b"))
    assert "parser.py" in caught.value.hint


async def test_file_that_changed_since_it_was_read_is_not_edited(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("one\n")
    await read(context, "a")
    (workspace / "a").write_text("one and more\n")
    with pytest.raises(ToolError, match="changed since you last read it"):
        await edit(context, "a", ("one", "two"))
    with pytest.raises(ToolError, match="changed since you last read it"):
        await write(context, "a", "two")
    await read(context, "a")
    await edit(context, "a", ("one", "two"))
    assert (workspace / "a").read_text() == "two and more\n"


async def test_edits_in_a_row_need_no_reading_between(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("one\n")
    await read(context, "a")
    await edit(context, "a", ("one", "two"))
    await edit(context, "a", ("two", "three"))
    assert (workspace / "a").read_text() == "three\n"


@pytest.mark.parametrize("path", [".git/hooks/post-checkout", "sub/.git/config"])
async def test_git_internals_are_not_written(
    workspace: Path, context: ToolContext, path: str
) -> None:
    with pytest.raises(PermissionDenied):
        await edit(context, path, ("", "#!/bin/sh\n"))
    with pytest.raises(PermissionDenied):
        await write(context, path, "#!/bin/sh\n")
    assert os.listdir(workspace) == []


@pytest.mark.parametrize("data", [b"\0\1\2one", b"one\0"])
async def test_binary_is_not_edited(workspace: Path, context: ToolContext, data: bytes) -> None:
    (workspace / "a").write_bytes(data)
    with pytest.raises(InvalidArguments, match="binary"):
        await edit(context, "a", ("one", "two"))


async def test_large_file_is_worked_out_in_another_process(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("".join(f"line {n}\n" for n in range(50_000)))
    answer = await edit(context, "a", ("line 40000\n", "changed\n"), ("line 10\n", ""))
    assert answer.display is not None
    assert answer.display.summary == "+1 −2 a"
    with pytest.raises(TargetNotFound) as caught:
        await edit(context, "a", ("lines 40002", ""))
    assert "line 40002" in caught.value.hint


async def test_write_makes_and_replaces_whole_files(workspace: Path, context: ToolContext) -> None:
    made = await write(context, "new/a", "one\n")
    assert made.text == "created new/a (4 bytes, +1 −0 new/a)"
    replaced = await write(context, "new/a", "two\n")
    assert replaced.text == "replaced new/a (4 bytes, +1 −1 new/a)"
    assert (workspace / "new/a").read_text() == "two\n"


@contextmanager
def swapping(folder: Path, outside: Path) -> Iterator[threading.Event]:
    """A worker that swaps `folder` for a link to `outside` and back, without pause."""
    stop, swapped, aside = threading.Event(), threading.Event(), folder.with_name("aside")

    def swap() -> None:
        while not stop.is_set():
            with suppress(OSError):
                folder.rename(aside)
                folder.symlink_to(outside)
            swapped.set()
            # The tool may have made the folder anew while it was away.
            with suppress(OSError):
                folder.unlink()
            with suppress(OSError):
                aside.rename(folder)
            shutil.rmtree(aside, ignore_errors=True)
            folder.mkdir(exist_ok=True)

    worker = threading.Thread(target=swap)
    worker.start()
    try:
        yield swapped
    finally:
        stop.set()
        worker.join()


async def outcome_of(answer: Awaitable[Answer]) -> str:
    try:
        text = (await answer).text
    except PathOutsideWorkspace:
        return "refused"
    except ToolError:
        return "failed"
    return "written" if "bytes" in text else text


async def test_folder_swapped_for_a_link_meanwhile_leads_nowhere(
    workspace: Path, context: ToolContext, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    (workspace / "folder").mkdir()
    outcomes: set[str] = set()
    turn = 0
    with swapping(workspace / "folder", outside) as swapped:
        await asyncio.to_thread(swapped.wait, 5)
        while turn < 300 or (turn < 5_000 and not {"written", "refused"} <= outcomes):
            turn += 1
            outcomes.add(await outcome_of(write(context, "folder/file", "ours")))
            outcomes.add(await outcome_of(read(context, "folder/file")))
    assert {"written", "refused"} <= outcomes
    assert os.listdir(outside) == ["file"]
    assert (outside / "file").read_text() == "kept"
    assert outcomes <= {"written", "refused", "failed", "     1→ours\n"}
