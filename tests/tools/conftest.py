"""A workspace on disk and a context for it."""

from pathlib import Path

import pytest

from loom.tools.base import ToolContext
from tests.fakes.tool_context import tool_context


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder.resolve()


@pytest.fixture
def context(workspace: Path, tmp_path: Path) -> ToolContext:
    return tool_context(workspace, tmp_path / "scratch")
