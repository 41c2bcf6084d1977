import asyncio

from textual.app import App, ComposeResult

from loom.widgets.spinner import FRAMES, Spinner, frame_at
from tests.snapshots import Snap


class Turning(App[None]):
    def __init__(self, spinner: Spinner) -> None:
        super().__init__()
        self.animation_level = "full"
        self.spinner = spinner

    def compose(self) -> ComposeResult:
        yield self.spinner


async def test_spinner_stands_still_under_reduced_motion(snap: Snap) -> None:
    spinner = Spinner("Thinking", is_active=True)
    await snap(spinner, "spinner")
    assert not spinner.is_turning


async def test_spinner_turns_while_active() -> None:
    app = Turning(Spinner("Thinking", is_active=True))
    async with app.run_test():
        seen = set[str]()
        async with asyncio.timeout(5):
            while len(seen) < 3:
                seen.add(str(app.spinner.render())[0])
                await asyncio.sleep(0)
        assert seen < set(FRAMES)


async def test_idle_spinner_runs_no_timer() -> None:
    app = Turning(Spinner("Thinking", is_active=True))
    async with app.run_test():
        app.spinner.is_active = False
        assert not app.spinner.is_turning
        assert app.spinner.render() == ""


def test_frames_go_round() -> None:
    assert [frame_at(second) for second in (0.0, 0.15, 1.05)] == ["⠋", "⠙", "⠋"]
