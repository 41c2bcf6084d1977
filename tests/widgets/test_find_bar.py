from textual.pilot import Pilot

from loom.widgets.find_bar import FindBar
from tests.snapshots import Snap


async def test_a_text_and_its_count(snap: Snap) -> None:
    bar = FindBar(classes="-open")

    async def prepare(pilot: Pilot[None]) -> None:
        bar.focus_text()
        await pilot.press(*"needle")
        bar.count = "3 of 17"

    await snap(bar, "find-bar", prepare=prepare)


async def test_nothing_is_found(snap: Snap) -> None:
    bar = FindBar(classes="-open")

    async def prepare(pilot: Pilot[None]) -> None:
        bar.focus_text()
        await pilot.press(*"hay")
        bar.count = "nothing found"

    await snap(bar, "find-bar-nothing", prepare=prepare)
