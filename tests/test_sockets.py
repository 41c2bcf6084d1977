"""A folder for sockets that only this user enters, and whose path is short enough."""

import os
import stat
from pathlib import Path

import pytest

from loom.sockets import MAX_PATH, private_folder

NAME = "host-4194304.sock"


def test_the_wanted_folder_is_made_private_and_kept(tmp_path):
    wanted = tmp_path / "run"
    with private_folder(wanted, len(NAME)) as folder:
        assert folder == wanted
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert wanted.is_dir()


def test_a_path_too_long_for_a_socket_gives_a_short_folder_that_goes_again(tmp_path):
    with private_folder(tmp_path / ("x" * 90), len(NAME)) as folder:
        assert len(os.fsencode(folder / NAME)) <= MAX_PATH
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_the_other_folder_lies_where_the_sandbox_hides_it(tmp_path):
    with private_folder(tmp_path / ("x" * 90), len(NAME)) as folder:
        assert folder.parent == Path("/tmp")


@pytest.mark.parametrize("mode", [0o777, 0o755])
def test_a_folder_of_ours_that_others_enter_is_closed_to_them(tmp_path, mode):
    wanted = tmp_path / "run"
    wanted.mkdir()
    wanted.chmod(mode)
    with private_folder(wanted, len(NAME)) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with private_folder(tmp_path / "run", len(NAME)) as folder:
        assert folder not in (tmp_path / "run", tmp_path / "elsewhere")
