from loom.widgets.completion import Choice
from loom.widgets.picker_modal import PickerModal
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of

MODELS = [
    Choice("anthropic/claude-sonnet", "200k window", "claude-sonnet"),
    Choice("anthropic/claude-opus", "200k window", "claude-opus"),
    Choice("openai/gpt", "400k window", "gpt"),
    Choice("vertex/gemini-pro", "1M window", "gemini-pro"),
    *(
        Choice(f"local/model-{number}", "on this machine", f"model-{number}")
        for number in range(20)
    ),
]


def picker(current: str = "") -> PickerModal:
    return PickerModal("Choose a model", MODELS, current=current)


async def pick(subject: PickerModal, *keys: str) -> list[str | None]:
    app = Gallery(subject)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
    return app.results


async def test_picker(snap: Snap) -> None:
    await snap(picker("openai/gpt"), "picker")


async def test_filtered_picker(snap: Snap) -> None:
    await snap(picker(), "picker-filtered", keys=["p", "r", "o"])


async def test_picker_without_a_match(snap: Snap) -> None:
    await snap(picker(), "picker-nothing", keys=["z", "z"])


async def test_picker_at_its_end(snap: Snap) -> None:
    await snap(picker(), "picker-end", keys=["up"])


async def test_enter_takes_the_first_match() -> None:
    assert await pick(picker(), "g", "p", "t", "enter") == ["openai/gpt"]


async def test_the_cursor_begins_on_the_current_value() -> None:
    assert await pick(picker("openai/gpt"), "down", "enter") == ["vertex/gemini-pro"]


async def test_the_value_in_use_is_marked_wherever_the_cursor_is() -> None:
    app = Gallery(picker("openai/gpt"))
    async with app.run_test() as pilot:
        await pilot.press("up", "up")
        marked = [line for line in text_of(picture(app)) if "✓" in line]
        assert len(marked) == 1 and "✓ gpt" in marked[0]


async def test_arrows_go_round_and_pages_stop() -> None:
    assert await pick(picker(), "up", "enter") == ["local/model-19"]
    assert await pick(picker(), "pagedown", "pagedown", "pagedown", "enter") == ["local/model-19"]


async def test_enter_on_nothing_keeps_it_open() -> None:
    assert await pick(picker(), "z", "z", "enter") == []


async def test_escape_cancels() -> None:
    assert await pick(picker(), "escape") == [None]


async def test_a_click_takes_a_choice() -> None:
    app = Gallery(picker())
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.click("CompletionList", offset=(4, 1))
        await pilot.pause()
    assert app.results == ["anthropic/claude-opus"]
