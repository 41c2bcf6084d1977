"""The app at its first frame: what it has done by then, and what it has not."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loom.app import LoomApp
from loom.core.errors import SessionError
from loom.host.base import SessionHost
from loom.screens.start import Start
from tests.e2e.terminal import Terminal

AT_FIRST_FRAME = """
import dataclasses, os, sys
from pathlib import Path
import loom.cli.chat
from loom.app import LoomApp
from loom.screens.start import Start

def tell():
    ours = [module for name, module in sys.modules.items() if name.startswith("loom.")]
    classes = {each for module in ours for each in vars(module).values() if type(each) is type}
    made = [each.__qualname__ for each in classes
            if dataclasses.is_dataclass(each) and each.__module__.startswith("loom.")]
    Path("told").write_text(" ".join(sys.modules) + "\\n" + " ".join(made) + "\\n")
    os._exit(0)

LoomApp(Start(None, Path.cwd(), on_built=tell)).run()
"""
HEAVY = {"csv", "json", "sqlite3", "aiohttp", "markdown_it", "pygments", "tree_sitter_bash"}
LATER = {f"loom.cli.{name}" for name in ("assemble", "resident", "farewell", "usage")}


class Watched(LoomApp):
    """Counts how often every style sheet is read again."""

    read_again = 0

    def refresh_css(self, animate: bool = True) -> None:
        self.read_again += 1
        super().refresh_css(animate)


@asynccontextmanager
async def no_host() -> AsyncIterator[SessionHost]:
    raise SessionError("there is none")
    yield


@pytest.mark.parametrize(
    ("name", "shade"),
    [("loom-dark", "-dark-mode"), ("loom-light", "-light-mode"), ("nord", "-dark-mode")],
)
async def test_a_theme_is_on_from_the_start_and_no_style_sheet_is_read_twice(
    tmp_path: Path, name: str, shade: str
) -> None:
    app = Watched(Start(no_host, tmp_path, theme=name))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert (app.theme, app.read_again) == (name, 0)
        assert {shade, f"-theme-{name}"} <= app.classes
        assert app.screen.styles.background.hex == app.theme_variables["background"]


async def test_the_first_frame_waits_for_nothing_that_it_does_not_show(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AT_FIRST_FRAME]
    async with Terminal.run(command, {"HOME": str(tmp_path)}, tmp_path) as screen:
        assert await screen.exit() == 0
    modules, dataclasses = (tmp_path / "told").read_text().splitlines()
    assert "loom.screens.chat" in modules.split()
    assert (HEAVY | LATER) & set(modules.split()) == set()
    # To make one costs ten times as much as a Struct.
    assert dataclasses == ""
