"""Pictures of widgets and screens: one SVG per visible state, in the top-level `snapshots/`.

Use the `snap` fixture:

    async def test_header_shows_title_model_and_place(snap):
        await snap(Header(title="Fix the parser"), "header")

    async def test_modal_scrolls(snap):
        await snap(MyApp(), "modal-scrolled", keys=["pagedown"])

    async def test_output_is_folded(snap):
        panel = ToolPanel()
        await snap(panel, "tool-panel-folded", prepare=lambda pilot: panel.output("c1", "hello"))

`from tests.snapshots import snap` in the conftest.py of your area makes the fixture known there
(tests/widgets/conftest.py does it). `Snap` is its type.

- `subject` is a widget (it is mounted alone in a Gallery app with all style sheets) or an App.
- `name` is the state's name; each picture is `snapshots/NAME-THEME-COLUMNSxROWS.svg`.
- `keys` are pressed first, then `prepare(pilot)` runs (a plain or an async function).
- `rows`, where what is shown has a height of its own: that of all its pictures.

A state has nine pictures: dark, light and high contrast at 80x24, 120x40 and 200x60. One app run
takes them all, resizing and re-theming.

`pytest --snapshot-update` writes them; look at each one as a picture before it is committed:
`rsvg-convert snapshots/NAME.svg -o /tmp/name.png`. Pictures are the same on every machine: no
animation, no cursor blink, UTC, colours on. A widget that shows the time takes its clock as an
argument.
"""

import inspect
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from loom.widgets.styles import stylesheets
from loom.widgets.theme import THEMES, own_variables
from loom.widgets.transcript.refining import RefinedView
from tests.svg import picture, text_of

FOLDER = Path(__file__).resolve().parent.parent / "snapshots"
SIZES = ((80, 24), (120, 40), (200, 60))
DRESSES = {"dark": "loom-dark", "light": "loom-light", "contrast": "loom-high-contrast"}

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
        rows: int | None = None,
    ) -> None:
        app = subject if isinstance(subject, App) else Gallery(subject)
        dress(app)
        sizes = [(width, rows or height) for width, height in SIZES]
        drawn = await _draw(app, tuple(keys), prepare, sizes)
        for suffix, svg in drawn.items():
            if not stored(name=f"{name}-{suffix}") == svg:
                raise AssertionError("\n".join([f"{name}-{suffix}", *stored.get_assert_diff()]))

    yield compare
    monkeypatch.undo()
    time.tzset()


async def _draw(
    app: App[Any],
    keys: tuple[str, ...],
    prepare: Prepare | None,
    sizes: Sequence[tuple[int, int]],
) -> dict[str, str]:
    drawn, dresses = {}, list(DRESSES.items())
    async with app.run_test(size=sizes[0], notifications=True) as pilot:
        await pilot.press(*keys)
        if prepare is not None and inspect.isawaitable(result := prepare(pilot)):
            await result
        for size in sizes:
            await _fit(pilot, size)
            for dress, app.theme in dresses:
                await pilot.pause(0)
                drawn[f"{dress}-{size[0]}x{size[1]}"] = picture(app)
            dresses.reverse()  # begin with the theme that is on: a change of it costs most
    return drawn


async def _fit(pilot: Pilot[Any], size: tuple[int, int]) -> None:
    if tuple(pilot.app.size) != size:
        await pilot.resize_terminal(*size)
    _refine(pilot.app)


def _refine(app: App[Any]) -> None:
    """What a transcript guesses of its heights until it has time for them is made exact."""
    for screen in app.screen_stack:
        for view in screen.query(RefinedView):
            while (index := view._next_guess()) is not None:
                view._weigh(index)
