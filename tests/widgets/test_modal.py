from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from loom.widgets.choices import Option
from loom.widgets.input import PromptInput
from loom.widgets.modal import Modal
from tests.snapshots import Gallery, Snap


class Question(Modal[str]):
    """Answers with the key of the button."""

    def __init__(self, guard: float = 0.0) -> None:
        self.now = 0.0
        options = [Option("r", "retry"), Option("k", "keep"), Option("x", "drop")]
        super().__init__(
            "The store is locked", options, primary=1, guard=guard, clock=lambda: self.now
        )

    def body(self) -> Iterable[Widget]:
        yield Static("Another loom is writing. Nothing was lost.", classes="modal-text")
        yield Static("", classes="modal-gap")

    def choose(self, key: str) -> None:
        self.dismiss(key)


class Asking(Gallery):
    """An input with something typed, and a question over it."""

    def __init__(self, question: Question) -> None:
        super().__init__(Static(""))
        self.input = PromptInput()
        self.question = question
        self.answers: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield Static("The conversation stands here.\n" * 19)
        yield self.input

    def on_ready(self) -> None:
        self.input.focus_text()
        self.input.insert_text("half a sente")
        self.push_screen(self.question, self.answers.append)

    @on(Modal.TypedAhead)
    def type_ahead(self, event: Modal.TypedAhead) -> None:
        self.input.insert_text(event.character)


async def answer(*keys: str, guard: float = 0.0) -> Asking:
    app = Asking(Question(guard))
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
    return app


async def test_modal(snap: Snap) -> None:
    await snap(Asking(Question()), "modal")


async def test_enter_picks_the_primary_button() -> None:
    assert (await answer("enter")).answers == ["k"]


async def test_a_letter_picks_its_button() -> None:
    assert (await answer("X")).answers == ["x"]


async def test_left_and_right_go_round() -> None:
    assert (await answer("left", "left", "enter")).answers == ["x"]
    assert (await answer("right", "right", "enter")).answers == ["r"]


async def test_escape_cancels() -> None:
    assert (await answer("escape")).answers == [None]


async def test_other_keys_answer_nothing() -> None:
    assert (await answer("q", "down", "f3")).answers == []


async def test_a_click_picks_a_button() -> None:
    app = Asking(Question())
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.click("Question ChoiceRow", offset=(2, 0))
        await pilot.pause()
        assert app.answers == ["r"]


async def test_what_was_typed_stays_beneath() -> None:
    app = Asking(Question())
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("q", "escape")
        await pilot.press("n", "c", "e")
        assert app.input.text == "half a sentence"


async def test_letters_typed_while_it_comes_up_go_to_the_input_and_answer_nothing() -> None:
    app = Asking(Question(guard=0.4))
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("x", "enter")
        assert app.answers == []
        assert app.input.text == "half a sentex"


async def test_after_a_pause_letters_answer() -> None:
    app = Asking(Question(guard=0.4))
    async with app.run_test() as pilot:
        await pilot.pause()
        app.question.now = 0.5
        await pilot.press("x")
        await pilot.pause()
        assert app.answers == ["x"]
