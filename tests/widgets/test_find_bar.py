from textual.pilot import Pilot

from loom.widgets.find_bar import FindBar
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of


async def test_a_text_and_its_count(snap: Snap) -> None:
    bar = FindBar(classes="-open")

    async def prepare(pilot: Pilot[None]) -> None:
        bar.focus_text()
        await pilot.press(*"needle")
        bar.count = "3 of 17"

    await snap(bar, "find-bar", prepare=prepare)


async def test_the_keys_are_named_where_there_is_room() -> None:
    for columns, is_named in ((80, True), (40, False)):
        async with Gallery(FindBar(classes="-open")).run_test(size=(columns, 3)) as pilot:
            await pilot.pause()
            assert ("Enter next · Up before" in "".join(text_of(picture(pilot.app)))) == is_named


async def test_nothing_is_found(snap: Snap) -> None:
    bar = FindBar(classes="-open")

    async def prepare(pilot: Pilot[None]) -> None:
        bar.focus_text()
        await pilot.press(*"hay")
        bar.count = "nothing found"

    await snap(bar, "find-bar-nothing", prepare=prepare)
