"""How wide the terminal says it is."""

import asyncio

from loom.terminal import width
from loom.terminal.width import QUESTION, Place, Width


class Asked:
    """A terminal that answers when the test does."""

    def __init__(self) -> None:
        self.written = ""
        self.told: list[Place] = []
        self.width = Width(self.write, self.told.append, lambda: 70)
        self.width.begin(90)

    async def again(self, questions: int) -> None:
        """Waits until it is asked once more."""
        async with asyncio.timeout(20):
            while self.written.count(QUESTION) <= questions:
                await asyncio.sleep(0.01)

    def write(self, text: str) -> None:
        self.written += text


async def test_a_terminal_that_never_answered_is_not_asked_and_not_waited_for():
    asked = Asked()
    assert not asked.width.settle() and asked.width.question() == ""
    assert not asked.width.is_awaited and asked.written == QUESTION


async def test_a_window_that_is_dragged_is_waited_for_until_it_rests():
    asked = Asked()
    assert asked.width.answer(Place(90, 5)) and asked.told == [Place(90, 5)]
    assert asked.width.settle()
    for columns in (80, 70, 70):
        assert asked.width.is_awaited
        questions = asked.written.count(QUESTION)
        asked.width.answer(Place(columns, 5))
        if len(asked.told) == 1:
            await asked.again(questions)
    assert asked.told[1:] == [Place(70, 5)] and not asked.width.is_awaited


async def test_an_answer_says_how_wide_it_was_when_something_was_drawn():
    asked = Asked()
    asked.width.answer(Place(90, 5))
    assert asked.width.question() == QUESTION and not asked.width.is_awaited
    asked.width.answer(Place(60, 5))
    assert asked.width.drawn == 60 and asked.width.is_awaited
    asked.width.end()


async def test_an_answer_that_is_not_due_is_the_apps():
    asked = Asked()
    assert asked.width.answer(Place(90, 5))
    assert not asked.width.answer(Place(1, 2))


async def test_a_terminal_that_falls_silent_is_waited_for_no_longer(monkeypatch):
    monkeypatch.setattr(width, "PATIENCE", 0.01)
    asked = Asked()
    asked.width.answer(Place(90, 5))
    asked.width.settle()
    async with asyncio.timeout(20):
        while asked.width.is_awaited:
            await asyncio.sleep(0.01)
    assert asked.told[-1] == Place(70, 0) and not asked.width.settle()
