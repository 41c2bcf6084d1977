import os
from pathlib import Path

import pytest

from loom.core.errors import NotFound, PathOutsideWorkspace, ToolError
from loom.sandbox import find_sandbox
from loom.tools.base import Answer, ToolContext, parse_arguments
from loom.tools.list_files import ListFiles
from tests.fakes.tool_context import tool_context


async def listed(context: ToolContext, **arguments: object) -> Answer:
    tool = ListFiles()
    return await tool.run(parse_arguments(tool, arguments), context)


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


async def test_files_are_listed_sorted_and_relative(workspace: Path, context: ToolContext) -> None:
    fill(workspace, "b/c.py", "b/a.py", "b.py", ".env", "a")
    (workspace / "empty").mkdir()
    (workspace / "link").symlink_to("b/a.py")
    answer = await listed(context)
    assert answer.text.split("\n") == [
        ".env", "a", "b/a.py", "b/c.py", "b.py", "empty/", "link -> b/a.py",
    ]  # fmt: skip
    assert answer.display is not None
    assert answer.display.summary == ".: 7 entries"


async def test_one_level_shows_folders(workspace: Path, context: ToolContext) -> None:
    fill(workspace, "b/c.py", "a")
    assert (await listed(context, recursive=False)).text == "a\nb/"


async def test_subfolder_is_listed_relative_to_the_workspace(
    workspace: Path, context: ToolContext
) -> None:
    fill(workspace, "b/c/d.py", "b/e.py")
    assert (await listed(context, root="b")).text == "b/c/d.py\nb/e.py"


async def test_what_git_ignores_is_left_out(workspace: Path, context: ToolContext) -> None:
    fill(workspace, "a.log", "sub/b.log", "sub/keep.log", "sub/x.tmp", "build/y", "secret", "c.py")
    fill(workspace, ".git/HEAD", ".git/info/exclude")
    (workspace / ".git/info/exclude").write_text("secret\n")
    (workspace / ".gitignore").write_text("*.log\n/build/\n")
    (workspace / "sub/.gitignore").write_text("!keep.log\n*.tmp\n")
    assert (await listed(context)).text.split("\n") == [
        ".gitignore", "c.py", "sub/.gitignore", "sub/keep.log",
    ]  # fmt: skip


async def test_rules_above_a_workspace_within_a_repository_hold(
    workspace: Path, tmp_path: Path
) -> None:
    fill(workspace, ".git/HEAD", "app/a.log", "app/out/b", "app/c.py")
    (workspace / ".gitignore").write_text("*.log\n/app/out\n")
    context = tool_context(workspace / "app", tmp_path)
    assert (await listed(context)).text == "c.py"


async def test_ignored_folder_is_listed_when_named(workspace: Path, context: ToolContext) -> None:
    fill(workspace, "node_modules/x/index.js", "a.js")
    (workspace / ".gitignore").write_text("node_modules/\n")
    assert (await listed(context, root="node_modules")).text == "node_modules/x/index.js"


async def test_long_list_is_cut_and_it_is_said(workspace: Path, context: ToolContext) -> None:
    fill(workspace, *(f"{n:03}" for n in range(30)))
    answer = await listed(context, max_results=10)
    assert answer.text.startswith("000\n001\n")
    assert "009\n[The first 10 entries; there are more." in answer.text


async def test_linked_folder_is_not_entered(
    workspace: Path, context: ToolContext, tmp_path: Path
) -> None:
    fill(tmp_path / "outside", "secret")
    (workspace / "out").symlink_to(tmp_path / "outside")
    (workspace / "loop").symlink_to(".")
    assert (await listed(context)).text == f"loop -> .\nout -> {tmp_path}/outside"


async def test_listing_works_in_the_sandbox_of_this_machine(
    workspace: Path, tmp_path: Path
) -> None:
    fill(workspace, "a/b")
    sandbox = find_sandbox(tmp_path, environment=os.environ)
    assert (await listed(tool_context(workspace, tmp_path, sandbox=sandbox))).text == "a/b"


async def test_odd_names_stay_on_one_line(workspace: Path, context: ToolContext) -> None:
    fill(workspace, "a\nb", "\x1b[31mred")
    Path(os.fsdecode(os.fsencode(workspace) + b"/caf\xe9")).touch()
    assert (await listed(context)).text.split("\n") == ["\\x1b[31mred", "a\\nb", "caf\\udce9"]


async def test_empty_folder_says_so(workspace: Path, context: ToolContext) -> None:
    assert (await listed(context)).text == ". is empty, or git ignores all of it."


async def test_what_is_no_folder_inside_is_refused(workspace: Path, context: ToolContext) -> None:
    fill(workspace, "file")
    for root, error in (("..", PathOutsideWorkspace), ("file", ToolError), ("no", NotFound)):
        with pytest.raises(error):
            await listed(context, root=root)
