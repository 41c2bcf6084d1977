"""Where the paths come from: real git, real folders."""

import os
import subprocess
from pathlib import Path

import pytest

from loom.tools.files.listing import first_look, listed

GIT = ("git",)


def paths_in(workspace: Path, git: tuple[str, ...] = GIT) -> set[str]:
    batches = list(listed(workspace, git))
    gone = {path for batch in batches for path in batch.gone}
    return {path for batch in batches for path in batch.paths} - gone


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").touch()
    (tmp_path / "old.md").touch()
    (tmp_path / ".gitignore").write_text("*.log\n")
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_git_lists_what_it_has_and_what_is_new_and_not_ignored(repository: Path) -> None:
    (repository / "new.py").touch()
    (repository / "debug.log").touch()
    (repository / "old.md").unlink()
    assert paths_in(repository) == {".gitignore", "src/a.py", "new.py"}


def test_a_folder_of_a_repository_lists_what_is_in_it(repository: Path) -> None:
    assert paths_in(repository / "src") == {"a.py"}


def test_without_git_a_walk_lists_the_nearest_first(repository: Path) -> None:
    (repository / "debug.log").touch()
    (batch,) = listed(repository, ("no-such-program",))
    assert set(batch.paths) == {".gitignore", "old.md", "src/a.py"}
    assert batch.paths[-1] == "src/a.py"


def test_a_walk_follows_no_link_and_passes_over_what_it_may_not_read(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/loop").symlink_to(tmp_path)
    (tmp_path / "shut").mkdir(mode=0)
    (tmp_path / "gone").symlink_to("nowhere")
    found = paths_in(tmp_path)
    assert found == {"deep/loop", "gone"}


def test_names_of_any_bytes_are_listed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.py")).touch()
    assert paths_in(tmp_path) == {"\udcff\n.py"}


def test_the_first_look_shows_the_top_without_hidden_and_unwritable_names(
    repository: Path,
) -> None:
    (repository / "a\nb").touch()
    assert first_look(repository) == ["old.md", "src/"]


def test_the_first_look_into_a_folder_that_is_gone_shows_nothing(tmp_path: Path) -> None:
    assert first_look(tmp_path / "gone") == []
