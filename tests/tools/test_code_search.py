import asyncio
import os
import shutil
import time
from pathlib import Path

import pytest

from loom.core.errors import InvalidArguments, NotFound, PathOutsideWorkspace, ToolTimeout
from loom.sandbox import find_sandbox
from loom.tools.base import Answer, ToolContext, parse_arguments
from loom.tools.code_search import CodeSearch
from tests.fakes.tool_context import Unconfined, tool_context

FILES = {
    ".gitignore": "*.log\nbuild/\n",
    "a/.gitignore": "!keep.log\nhidden.py\n",
    "a/b.py": "import os\n\n\ndef main():\n    return 1\n",
    "a/hidden.py": "def main(): ignored\n",
    "a/keep.log": "def main log\n",
    "a.py": "def other():\n    main()\r\n    pass",
    "build/x.py": "def main(): built\n",
    "drop.log": "def main dropped\n",
    ".config/x.toml": 'main = "x"\n',
    ".git/config": "main\n",
    "doc.md": "Main grüße\n",
}


@pytest.fixture
def tree(workspace: Path) -> Path:
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_bytes(text.encode())
    (workspace / "data.bin").write_bytes(b"\0\1main\n")
    (workspace / "latin.txt").write_bytes(b"main caf\xe9\n")
    (workspace / "utf16.txt").write_bytes("main wide\n".encode("utf-16"))
    (workspace / "link.py").symlink_to("a/b.py")
    return workspace


@pytest.fixture(params=["rg", ""], ids=["ripgrep", "worker"])
def tool(request: pytest.FixtureRequest) -> CodeSearch:
    assert shutil.which("rg"), "this test needs ripgrep (apt install ripgrep)"
    return CodeSearch(request.param)


async def search(
    tool: CodeSearch, context: ToolContext, pattern: str, /, **given: object
) -> Answer:
    return await tool.run(parse_arguments(tool, {"pattern": pattern} | given), context)


async def test_matches_are_listed_by_file_in_order(
    tool: CodeSearch, tree: Path, context: ToolContext
) -> None:
    answer = await search(tool, context, r"\bmain\b")
    assert answer.text == (
        '.config/x.toml\n1:main = "x"\n\n'
        "a/b.py\n4:def main():\n\n"
        "a/keep.log\n1:def main log\n\n"
        "a.py\n2:    main()\n\n"
        "latin.txt\n1:main caf�\n\n"
        "utf16.txt\n1:main wide"
    )
    assert answer.display is not None
    assert answer.display.summary == "6 matches in 6 files"


async def test_context_lines_are_marked_and_groups_separated(
    tool: CodeSearch, tree: Path, context: ToolContext
) -> None:
    (tree / "a/b.py").write_text("one\nmain\ntwo\nthree\nfour\nfive\nmain\nmain\nsix\n")
    answer = await search(tool, context, "main", path="a/b.py", context=1)
    assert answer.text == "a/b.py\n1-one\n2:main\n3-two\n--\n6-five\n7:main\n8:main\n9-six"


async def test_results_are_cut_where_asked_and_it_is_said(
    tool: CodeSearch, tree: Path, context: ToolContext
) -> None:
    (tree / "a/b.py").write_text("main\nx\ny\nmain\nz\nmain\n")
    answer = await search(tool, context, "main", path="a/b.py", context=1, max_results=1)
    assert answer.text.startswith("a/b.py\n1:main\n2-x\n[There are more;")


@pytest.mark.parametrize(
    ("glob", "files"),
    [
        ("*.py", ["a/b.py", "a/hidden.py", "a.py"]),
        ("a/*.py", ["a/b.py", "a/hidden.py"]),
        ("*.{toml,txt}", [".config/x.toml", "latin.txt", "utf16.txt"]),
        ("!*.py", [".config/x.toml", "a/keep.log", "latin.txt", "utf16.txt"]),
        ("*.log", ["a/keep.log", "drop.log"]),
    ],
)
async def test_glob_chooses_files(
    tool: CodeSearch, tree: Path, context: ToolContext, glob: str, files: list[str]
) -> None:
    answer = await search(tool, context, "main", glob=glob)
    assert [line for line in answer.text.split("\n") if "." in line and ":" not in line] == files


async def test_ignored_folder_is_searched_when_named(
    tool: CodeSearch, tree: Path, context: ToolContext
) -> None:
    assert (await search(tool, context, "main", path="build")).text.startswith("build/x.py\n1:")


async def test_case_may_be_ignored(tool: CodeSearch, tree: Path, context: ToolContext) -> None:
    assert (await search(tool, context, "MAIN GR", ignore_case=True)).text == "doc.md\n1:Main grüße"


async def test_look_around_works(tool: CodeSearch, tree: Path, context: ToolContext) -> None:
    assert (await search(tool, context, r"(?<=def )other")).text == "a.py\n1:def other():"


async def test_end_of_line_matches_before_a_windows_ending(
    tool: CodeSearch, tree: Path, context: ToolContext
) -> None:
    assert (await search(tool, context, r"main\(\)$")).text == "a.py\n2:    main()"


async def test_nothing_found_is_no_error(
    tool: CodeSearch, tree: Path, context: ToolContext
) -> None:
    answer = await search(tool, context, "nowhere", glob="*.py")
    assert answer.text == "No line matches in files like *.py."
    assert not answer.is_error


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "a\nb", "*"])
async def test_pattern_that_is_none_is_an_invalid_argument(
    tool: CodeSearch, tree: Path, context: ToolContext, pattern: str
) -> None:
    with pytest.raises(InvalidArguments):
        await search(tool, context, pattern)


async def test_places_outside_or_missing_are_refused(
    tool: CodeSearch, tree: Path, context: ToolContext
) -> None:
    with pytest.raises(PathOutsideWorkspace):
        await search(tool, context, "root", path="/etc")
    with pytest.raises(NotFound):
        await search(tool, context, "x", path="missing")


async def test_link_out_of_the_workspace_is_not_followed(
    tool: CodeSearch, tree: Path, context: ToolContext, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("main secret\n")
    (tree / "out").symlink_to(tmp_path)
    (tree / "out.txt").symlink_to(tmp_path / "secret")
    assert "secret" not in (await search(tool, context, "main")).text


async def test_long_line_is_cut(tool: CodeSearch, tree: Path, context: ToolContext) -> None:
    (tree / "min.js").write_text("main" + "x" * 100_000)
    assert "… [99,504 more characters]" in (await search(tool, context, "main")).text


async def test_search_runs_in_the_sandbox(tool: CodeSearch, tree: Path, tmp_path: Path) -> None:
    sandbox = Unconfined()
    await search(tool, tool_context(tree, tmp_path, sandbox=sandbox), "main")
    assert len(sandbox.wrapped) == 1


async def test_search_works_in_the_sandbox_of_this_machine(
    tool: CodeSearch, tree: Path, tmp_path: Path
) -> None:
    sandbox = find_sandbox(tmp_path, environment=os.environ)
    context = tool_context(tree, tmp_path / "scratch", sandbox=sandbox)
    assert (await search(tool, context, "def main", path="a/b.py")).text == "a/b.py\n4:def main():"


async def test_catastrophic_pattern_is_ended_with_its_process(
    tree: Path, context: ToolContext
) -> None:
    (tree / "long.txt").write_text("a" * 40 + "!\n")
    started = time.monotonic()
    with pytest.raises(ToolTimeout, match="longer than 1 seconds"):
        await search(CodeSearch("", timeout=1), context, "^(a+)+$")
    assert time.monotonic() - started < 5
    assert not _children()


async def test_loop_is_free_while_the_worker_is_busy(tree: Path, context: ToolContext) -> None:
    (tree / "long.txt").write_text("a" * 40 + "!\n")
    work = asyncio.ensure_future(search(CodeSearch("", timeout=1), context, "^(a+)+$"))
    longest = 0.0
    while not work.done():
        before = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - before)
    assert isinstance(work.exception(), ToolTimeout)
    assert longest < 0.5


async def test_cancelled_search_leaves_no_process(tree: Path, context: ToolContext) -> None:
    (tree / "long.txt").write_text("a" * 40 + "!\n")
    work = asyncio.ensure_future(search(CodeSearch(""), context, "^(a+)+$"))
    while not _children():
        await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not _children()


async def test_ripgrep_from_the_workspace_is_not_run(tree: Path, tmp_path: Path) -> None:
    program = tree / "bin/rg"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    context = tool_context(tree, tmp_path, environment={"PATH": f"{tree}/bin:{os.environ['PATH']}"})
    assert "a/b.py" in (await search(CodeSearch(), context, "def main")).text
    assert not (tmp_path / "ran").exists()


async def test_worker_imports_nothing_from_the_workspace(
    tree: Path, context: ToolContext, tmp_path: Path
) -> None:
    for name in ("re.py", "msgspec.py", "loom/__init__.py"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    assert "a/b.py" in (await search(CodeSearch(""), context, "def main")).text
    assert not (tmp_path / "ran").exists()


def _children() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    return [pid for task in tasks for pid in (task / "children").read_text().split()]
