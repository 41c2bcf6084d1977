from textual.pilot import Pilot

from loom.widgets.choices import ChoiceRow, Option
from tests.snapshots import Gallery

OPTIONS = [Option(letter, f"choice {letter}") for letter in "abcd"]


class Listening(Gallery):
    """Keeps what was picked."""

    picked = ""

    def on_choice_row_picked(self, event: ChoiceRow.Picked) -> None:
        self.picked += event.key


async def click(pilot: Pilot[None], x: int, y: int) -> None:
    await pilot.click(ChoiceRow, offset=(x, y))


async def test_the_cursor_goes_round_at_both_ends() -> None:
    row = ChoiceRow(OPTIONS)
    async with Gallery(row).run_test():
        row.move(-1)
        last = row.selected
        row.move(1)
        assert (last, row.selected) == ("d", "a")


async def test_a_narrow_row_wraps_and_each_button_can_be_clicked() -> None:
    app = Listening(ChoiceRow(OPTIONS))
    async with app.run_test(size=(30, 10)) as pilot:
        for x, y in ((2, 0), (18, 0), (2, 1), (18, 1)):
            await click(pilot, x, y)
        assert app.picked == "abcd"


async def test_a_click_beside_the_buttons_picks_nothing() -> None:
    app = Listening(ChoiceRow(OPTIONS[:1]))
    async with app.run_test() as pilot:
        await click(pilot, 40, 0)
        assert app.picked == ""


async def test_an_unknown_letter_selects_nothing() -> None:
    row = ChoiceRow(OPTIONS)
    async with Gallery(row).run_test():
        assert not row.select("z")
        assert row.selected == "a"
