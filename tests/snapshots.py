"""Pictures of widgets and screens: one SVG per visible state, in the top-level `snapshots/`.

Use the `snap` fixture:

    async def test_header_shows_title_model_and_place(snap):
        await snap(Header(title="Fix the parser"), "header")

    async def test_modal_scrolls(snap):
        await snap(MyApp(), "modal-scrolled", keys=["pagedown"], pictures=EVERY)

    async def test_output_is_folded(snap):
        panel = ToolPanel()
        await snap(panel, "tool-panel-folded", prepare=lambda pilot: panel.output("c1", "hello"))

`from tests.snapshots import snap` in the conftest.py of your area makes the fixture known there
(tests/widgets/conftest.py does it). `Snap` is its type.

- `subject` is a widget (it is mounted alone in a Gallery app with all style sheets) or an App.
- `name` is the state's name; each picture is `snapshots/NAME-THEME-COLUMNSxROWS.svg`.
- `keys` are pressed first, then `prepare(pilot)` runs (a plain or an async function).
- `pictures` is a tuple of (theme, (columns, rows)); by default dark at 80x24 and light at 120x40;
  `EVERY` is both themes at both sizes, `CONTRAST` high contrast at three. One app
  run takes them all, resizing and re-theming.

`pytest --snapshot-update` writes them; look at each one as a picture before it is committed:
`rsvg-convert snapshots/NAME.svg -o /tmp/name.png`. Pictures are the same on every machine: no
animation, no cursor blink, UTC, colours on, and a fixed id within the SVG. A widget that shows the
time takes its clock as an argument.
"""

import inspect
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from difflib import unified_diff
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from rich.cells import set_cell_size
from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from loom.widgets.styles import stylesheets
from loom.widgets.theme import THEMES, own_variables

FOLDER = Path(__file__).resolve().parent.parent / "snapshots"
SMALL, LARGE, HUGE = (80, 24), (120, 40), (200, 60)
DARK_SMALL, DARK_LARGE = ("dark", SMALL), ("dark", LARGE)
LIGHT_SMALL, LIGHT_LARGE = ("light", SMALL), ("light", LARGE)
DEFAULT = (DARK_SMALL, LIGHT_LARGE)
CONTRAST_SMALL, CONTRAST_LARGE = ("contrast", SMALL), ("contrast", LARGE)
CONTRAST = (CONTRAST_SMALL, CONTRAST_LARGE, ("contrast", HUGE))
EVERY = (DARK_SMALL, DARK_LARGE, LIGHT_SMALL, LIGHT_LARGE)

_CELL = 12.2
_TEXT = r'<text class="loom-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>'

Prepare = Callable[[Pilot[Any]], Awaitable[object] | object]
Snap = Callable[..., Awaitable[None]]


class Gallery(App[None]):
    """One widget, alone on the screen, in Loom's style; or one screen, pushed.

    What a screen returns is in `results`. A test that listens to messages subclasses it and adds
    `on_…` handlers.
    """

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, subject: Widget) -> None:
        super().__init__(css_path=[*stylesheets()])
        self.subject = subject
        self.results: list[Any] = []
        dress(self)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return own_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        if not isinstance(self.subject, Screen):
            yield self.subject

    def on_mount(self) -> None:
        if isinstance(self.subject, Screen):
            self.push_screen(self.subject, self.results.append)


def dress(app: App[Any]) -> None:
    """Still, and in Loom's themes."""
    app.animation_level = "none"
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = "loom-dark"


class SvgExtension(SingleFileSnapshotExtension):
    """SVGs named by the test, all in one folder that no single run can call unused."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT

    @classmethod
    def get_snapshot_name(cls, *, test_location: Any, index: Any = 0) -> str:
        return str(index)

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(FOLDER)

    @classmethod
    def write_snapshot(cls, *, snapshot_location: str, snapshots: Any, **_: Any) -> None:
        """Syrupy's own warns that the name does not contain the test's."""
        FOLDER.mkdir(exist_ok=True)
        Path(snapshot_location).write_text(snapshots[-1][0], encoding="utf-8")

    def discover_snapshots(self, **_: Any) -> SnapshotCollections:
        return SnapshotCollections()

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        old, new = text_of(str(snapshot_data or "")), text_of(str(serialized_data))
        changes = list(unified_diff(old, new, "stored", "drawn", lineterm="", n=0))
        yield from changes[:60] or ["(same text, other styles)"]


def text_of(svg: str) -> list[str]:
    """The screen's lines, without styles."""
    rows: dict[float, str] = {}
    for x, y, text in re.findall(_TEXT + r"(.*?)</text>", svg):
        row = rows.get(float(y), "")
        column = round(float(x) / _CELL)
        rows[float(y)] = set_cell_size(row, column) + unescape(text).replace("\xa0", " ")
    return [rows[y].rstrip() for y in sorted(rows)]


def picture(app: App[Any]) -> str:
    """The screen as an SVG that is the same in every run."""
    svg = re.sub(r"terminal-\d+", "loom", app.export_screenshot(title="loom"))
    return re.sub(_TEXT + r"((?:&#160;)+)(?!<)", _shift, svg)


def _shift(match: re.Match[str]) -> str:
    """Leading blanks become an offset: some renderers drop them and so move the text."""
    blanks = _CELL * match[3].count("&#160;")
    length = re.search(r'textLength="([\d.]+)"', match[0])
    moved = (
        match[0]
        .removesuffix(match[3])
        .replace(f'x="{match[1]}"', f'x="{_fixed(match[1], blanks)}"')
    )
    if length is None:
        return moved
    return moved.replace(length[0], f'textLength="{_fixed(length[1], -blanks)}"')


def _fixed(number: str, more: float) -> str:
    return f"{float(number) + more:.1f}".removesuffix(".0")


async def _show(pilot: Pilot[Any], theme: str, size: tuple[int, int]) -> None:
    pilot.app.theme = {"contrast": "loom-high-contrast"}.get(theme, f"loom-{theme}")
    if tuple(pilot.app.size) != size:
        await pilot.resize_terminal(*size)
    await pilot.pause()


@pytest.fixture
def snap(snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snap]:
    """Compares a widget's or app's pictures with the stored ones; see the module."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    stored = snapshot.use_extension(SvgExtension)

    async def compare(
        subject: Widget | App[Any],
        name: str,
        keys: Iterable[str] = (),
        prepare: Prepare | None = None,
        pictures: Iterable[tuple[str, tuple[int, int]]] = DEFAULT,
    ) -> None:
        app = subject if isinstance(subject, App) else Gallery(subject)
        dress(app)
        drawn = await _draw(app, tuple(pictures), tuple(keys), prepare)
        for suffix, svg in drawn.items():
            if not stored(name=f"{name}-{suffix}") == svg:
                raise AssertionError("\n".join([f"{name}-{suffix}", *stored.get_assert_diff()]))

    yield compare
    monkeypatch.undo()
    time.tzset()


async def _draw(
    app: App[Any],
    pictures: tuple[tuple[str, tuple[int, int]], ...],
    keys: tuple[str, ...],
    prepare: Prepare | None,
) -> dict[str, str]:
    drawn = {}
    async with app.run_test(size=pictures[0][1]) as pilot:
        await pilot.press(*keys)
        if prepare is not None and inspect.isawaitable(result := prepare(pilot)):
            await result
        for theme, size in pictures:
            await _show(pilot, theme, size)
            drawn[f"{theme}-{size[0]}x{size[1]}"] = picture(app)
    return drawn
