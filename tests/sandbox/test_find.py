from pathlib import Path

import pytest

from loom.sandbox import NoSandbox, find_sandbox


def program(folder: Path, name: str, script: str) -> dict[str, str]:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


def test_missing_bubblewrap_is_said_with_what_to_install(tmp_path: Path) -> None:
    found = find_sandbox(tmp_path, environment={"PATH": str(tmp_path)})
    assert not found.is_confining
    assert "bubblewrap is not installed" in found.statement
    assert "Install bubblewrap" in found.statement


def test_bubblewrap_that_does_not_work_is_said_with_its_own_words(tmp_path: Path) -> None:
    environment = program(tmp_path, "bwrap", "echo 'bwrap: No permissions' >&2; exit 1")
    found = find_sandbox(tmp_path, environment=environment)
    assert not found.is_confining
    assert "bwrap: No permissions" in found.statement


def test_program_of_that_name_that_hangs_or_is_none_is_no_sandbox(tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "bwrap").chmod(0o755)
    assert not find_sandbox(tmp_path, environment={"PATH": str(tmp_path)}).is_confining


def test_without_sandbox_a_command_runs_as_it_is(tmp_path: Path) -> None:
    plain = NoSandbox("why")
    assert plain.wrap(["a", "b"], tmp_path, tmp_path, {}) == ["a", "b"]
    assert not plain.is_confining


@pytest.mark.parametrize(("script", "prefix"), [("exit 0", 4), ("exit 2", 0)])
def test_life_line_is_used_only_where_it_works(tmp_path: Path, script: str, prefix: int) -> None:
    found = find_sandbox(tmp_path, environment=program(tmp_path, "setpriv", script))
    assert len(found.wrap(["true"], tmp_path, tmp_path, {})) == prefix + 1
