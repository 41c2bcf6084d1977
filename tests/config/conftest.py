from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from loom.config import Config, load


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home)}


@pytest.fixture
def user_file(home: Path) -> Path:
    file = home / ".config" / "loom" / "config.toml"
    file.parent.mkdir(parents=True)
    return file


@pytest.fixture
def workspace_file(workspace: Path) -> Path:
    file = workspace / ".loom" / "config.toml"
    file.parent.mkdir()
    return file


Loaded = Callable[..., Config]


@pytest.fixture
def loaded(environment: dict[str, str], workspace: Path, tmp_path: Path) -> Loaded:
    """Loads with variables and flags; the system's file is one that the test may write."""

    def load_with(
        variables: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
    ) -> Config:
        everything = {**environment, **(variables or {})}
        return load(everything, workspace, flags, system_file=tmp_path / "system.toml")

    return load_with
