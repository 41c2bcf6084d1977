"""How wide the terminal is, in its own words: its signal may come late (tmux waits 250 ms).

The answer stands in the stream of what was written, so it also tells how wide the terminal was when
it took what was written just before.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

PATIENCE = 2.0
"""Seconds in which a terminal that has answered before must answer again."""

PAUSE = 0.06
"""Seconds after which a window that is still being dragged has another size."""

# The cursor goes as far right as it can (CUF), says where it is (CPR), and returns.
QUESTION = "\x1b7\x1b[9999C\x1b[6n\x1b8"


class Place(NamedTuple):
    """The terminal's width, and the row from 1 on which the cursor stood; 0 when not known."""

    width: int
    row: int


class Question(NamedTuple):
    """What was asked: whether the answer is waited for, and the width that was drawn for."""

    is_awaited: bool
    expected: int


class Width:
    """Asks a terminal, once it is known to answer.

    Attributes:
        drawn: how wide the terminal was when what stands on it was drawn.

    Args:
        write: takes the question.
        told: called the first time, and then once an answer was waited for.
        measure: the width as the system knows it, for when there is no answer.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        told: Callable[[Place], None],
        measure: Callable[[], int],
    ) -> None:
        self._write = write
        self._told = told
        self._measure = measure
        self._due: deque[Question] = deque()
        self._expected = self.drawn = 0
        self._asked_at = 0.0
        self._can_ask = self._is_new = False
        self._before: Place | None = None
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def is_awaited(self) -> bool:
        """Whether nothing should be drawn before it is known."""
        return bool(self._timers)

    def begin(self, width: int) -> None:
        """Find out whether the terminal answers; `width` is what it should say."""
        self._forget()
        self.expect(width)
        self._is_new = True
        self._note(is_awaited=False)
        self._write(QUESTION)

    def end(self) -> None:
        """Ask no more: who reads the terminal next must not find an answer there."""
        self._can_ask = self._is_new = False
        self._stop_timers()

    def expect(self, width: int) -> None:
        """What is drawn from here on is drawn for this width."""
        self._expected = self.drawn = width

    def check(self) -> None:
        """Ask whether it is still what is expected."""
        if self._can_ask and not self.is_awaited:
            self._before = Place(self._expected, 0)
            self._ask()

    def settle(self) -> bool:
        """It changes: ask until two answers are the same; False when there would be none."""
        if self._can_ask:
            self._before = None
            self._ask()
        return self._can_ask

    @property
    def age(self) -> float:
        """Seconds since it was asked last."""
        return asyncio.get_running_loop().time() - self._asked_at

    def question(self) -> str:
        """What asks, to be written behind what was drawn; empty when there would be no answer."""
        if self._can_ask:
            self._note(is_awaited=False)
        return QUESTION * self._can_ask

    def answer(self, place: Place) -> bool:
        """Take an answer; False when none is due."""
        if not self._due:
            return False
        question = self._due.popleft()
        if self._is_new:
            self._is_new, self._can_ask = False, place.width == self._expected
            self._told(place)
        elif question.is_awaited:
            if not any(later.is_awaited for later in self._due):
                self._compare(place)
        elif question.expected == self._expected:
            self._was_drawn(place.width)
        return True

    def _was_drawn(self, width: int) -> None:
        self.drawn = min(self.drawn, width)
        if width != self._expected and not self.is_awaited:
            self.settle()

    def _compare(self, place: Place) -> None:
        before, self._before = self._before, place
        is_as_expected = before == (place.width, 0)
        self._stop_timers()
        if is_as_expected or before == place or not self._can_ask:
            self._told(place)
        else:
            self._timers = [asyncio.get_running_loop().call_later(PAUSE, self._ask)]

    def _ask(self) -> None:
        self._stop_timers()
        self._note(is_awaited=True)
        self._write(QUESTION)
        self._timers = [asyncio.get_running_loop().call_later(PATIENCE, self._give_up)]

    def _note(self, *, is_awaited: bool) -> None:
        self._due.append(Question(is_awaited, self._expected))
        self._asked_at = asyncio.get_running_loop().time()

    def _give_up(self) -> None:
        self._forget()
        self._told(Place(self._measure(), 0))

    def _forget(self) -> None:
        self._due.clear()
        self._can_ask = False
        self._stop_timers()

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []
