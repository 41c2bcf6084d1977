import os
from pathlib import Path

import pytest

from loom.core.errors import InvalidArguments, NotFound, PathOutsideWorkspace, ToolError
from loom.tools.paths import locate, targets


def read(workspace: Path, argument: str) -> bytes:
    with locate(workspace, argument) as place, place.open_file() as file:
        return file.read()


def write(workspace: Path, argument: str, data: bytes) -> None:
    with locate(workspace, argument) as place:
        place.replace(data, place.status())


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("kept")
    return folder


def test_relative_and_absolute_paths_inside_are_read(workspace: Path) -> None:
    (workspace / "a").mkdir()
    (workspace / "a/b").write_text("x")
    for argument in ("a/b", "./a//b", "a/../a/b", f"{workspace}/a/b", f"{workspace}//a/./b"):
        assert read(workspace, argument) == b"x"


def test_absolute_path_through_an_alias_of_the_workspace_is_inside(workspace: Path) -> None:
    (workspace / "a").write_text("x")
    alias = workspace.parent / "alias"
    alias.symlink_to(workspace)
    assert read(workspace, f"{alias}/a") == b"x"


@pytest.mark.parametrize(
    "argument",
    ["../outside/secret", "a/../../outside/secret", "/etc/passwd", "/", "..", "a/../.."],
)
def test_paths_that_lead_out_are_refused(workspace: Path, outside: Path, argument: str) -> None:
    (workspace / "a").mkdir()
    with pytest.raises(PathOutsideWorkspace):
        read(workspace, argument)


def test_absolute_path_with_dots_that_leaves_is_refused(workspace: Path, outside: Path) -> None:
    with pytest.raises(PathOutsideWorkspace):
        read(workspace, f"{workspace}/../outside/secret")


@pytest.mark.parametrize(
    "link", ["../outside/secret", "{outside}/secret", "d/../../outside/secret"]
)
def test_link_to_a_file_outside_is_neither_read_nor_written(
    workspace: Path, outside: Path, link: str
) -> None:
    (workspace / "d").mkdir()
    (workspace / "link").symlink_to(link.format(outside=outside))
    for act in (read, lambda root, path: write(root, path, b"changed")):
        with pytest.raises(PathOutsideWorkspace):
            act(workspace, "link")
    assert (outside / "secret").read_text() == "kept"


def test_linked_parent_that_leads_out_is_refused(workspace: Path, outside: Path) -> None:
    (workspace / "deep").mkdir()
    (workspace / "deep/folder").symlink_to(outside)
    with pytest.raises(PathOutsideWorkspace):
        write(workspace, "deep/folder/new", b"x")
    assert not (outside / "new").exists()


def test_dangling_link_that_leads_out_creates_nothing(workspace: Path, outside: Path) -> None:
    (workspace / "link").symlink_to(outside / "new")
    with pytest.raises(PathOutsideWorkspace):
        write(workspace, "link", b"x")
    assert not (outside / "new").exists()


def test_links_inside_the_workspace_are_followed(workspace: Path) -> None:
    (workspace / "real").mkdir()
    (workspace / "real/file").write_text("old")
    (workspace / "folder").symlink_to("real")
    (workspace / "link").symlink_to(workspace / "folder/file")
    write(workspace, "link", b"new")
    assert (workspace / "real/file").read_text() == "new"
    assert (workspace / "link").is_symlink()


def test_link_that_points_to_itself_is_an_error(workspace: Path) -> None:
    (workspace / "loop").symlink_to("loop")
    with pytest.raises(ToolError, match="too many symbolic links"):
        read(workspace, "loop")


@pytest.mark.parametrize("argument", ["", " ", "a\0b", "x" * 10_000_000, "\ud800", "y" * 300])
def test_impossible_paths_are_invalid_arguments(workspace: Path, argument: str) -> None:
    with pytest.raises(InvalidArguments):
        read(workspace, argument)


def test_missing_file_names_what_is_near(workspace: Path) -> None:
    (workspace / "parser.py").touch()
    with pytest.raises(NotFound) as caught:
        read(workspace, "parsr.py")
    assert "parser.py" in caught.value.hint


def test_folder_pipe_and_device_are_no_files(workspace: Path) -> None:
    (workspace / "folder").mkdir()
    os.mkfifo(workspace / "pipe")
    for name in ("folder", "pipe", "."):
        with pytest.raises(ToolError, match=r"is a folder|is not a regular file"):
            read(workspace, name)


def test_replace_makes_parents_and_keeps_the_mode(workspace: Path) -> None:
    write(workspace, "a/b/c", b"one")
    (workspace / "a/b/c").chmod(0o751)
    write(workspace, "a/b/c", b"two")
    assert (workspace / "a/b/c").read_bytes() == b"two"
    assert (workspace / "a/b/c").stat().st_mode & 0o777 == 0o751
    assert os.listdir(workspace / "a/b") == ["c"]


def test_replace_refuses_a_file_that_changed_since_it_was_looked_at(workspace: Path) -> None:
    (workspace / "a").write_text("one")
    with locate(workspace, "a") as place:
        before = place.status()
        (workspace / "a").write_text("someone else's")
        with pytest.raises(ToolError, match="changed while"):
            place.replace(b"ours", before)
    assert (workspace / "a").read_text() == "someone else's"
    assert os.listdir(workspace) == ["a"]


def test_dots_after_a_missing_folder_are_not_guessed(workspace: Path) -> None:
    with pytest.raises(NotFound):
        read(workspace, "missing/../file")


def test_targets_are_the_resolved_and_the_written_path(workspace: Path) -> None:
    (workspace / "link").symlink_to(".env")
    assert targets(workspace, "link") == (".env", "link")
    assert targets(workspace, "./new/file") == ("new/file",)


@pytest.mark.parametrize(
    ("path", "is_internal"), [(".git/config", True), ("a/.GIT/x", True), (".gitignore", False)]
)
def test_git_internals_are_recognised(workspace: Path, path: str, is_internal: bool) -> None:
    with locate(workspace, path) as place:
        assert place.is_git_internal is is_internal


def test_no_descriptor_stays_open(workspace: Path) -> None:
    (workspace / "a").mkdir()
    before = os.listdir("/proc/self/fd")
    for argument in ("a/b", "a/../..", "a/b/c"):
        with pytest.raises(ToolError):
            read(workspace, argument)
    assert len(os.listdir("/proc/self/fd")) == len(before)
