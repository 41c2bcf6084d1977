import pytest

from loom.widgets.confirm_modal import ConfirmModal
from tests.snapshots import Gallery, Snap


def modal(is_dangerous: bool = False) -> ConfirmModal:
    text = "It is deleted on this machine, with all its forks."
    return ConfirmModal(
        "Delete the thread?", text, yes="delete", is_dangerous=is_dangerous, guard=0
    )


async def answer(subject: ConfirmModal, key: str) -> bool | None:
    app = Gallery(subject)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
    answer: bool | None = app.results[0]
    return answer


async def test_confirm_modal(snap: Snap) -> None:
    await snap(modal(is_dangerous=True), "confirm")


@pytest.mark.parametrize(
    ("key", "meant"), [("y", True), ("n", False), ("enter", True), ("escape", None)]
)
async def test_answers(key: str, meant: bool | None) -> None:
    assert await answer(modal(), key) is meant


async def test_enter_does_nothing_dangerous() -> None:
    assert await answer(modal(is_dangerous=True), "enter") is False
