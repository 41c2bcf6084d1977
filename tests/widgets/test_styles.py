import re
from pathlib import Path

from textual.widgets import Static

from loom.widgets.styles import stylesheets
from tests.snapshots import Gallery


def test_style_sheets_are_found_in_a_checkout() -> None:
    assert "header.tcss" in [path.name for path in stylesheets()]


async def test_every_style_sheet_parses() -> None:
    async with Gallery(Static("")).run_test() as pilot:
        assert pilot.app.is_running


def test_style_sheets_use_theme_variables_only() -> None:
    literal = [path.name for path in stylesheets() if _has_literal_color(path)]
    assert literal == []


def _has_literal_color(path: Path) -> bool:

    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return bool(re.search(r":[^;]*(#[0-9a-fA-F]{3,8}\b|rgba?\()", text))
