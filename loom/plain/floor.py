"""Whose turn it is: the agent's, or the person's to write or to answer."""

import time
from collections import deque
from collections.abc import Callable

from loom.core.protocol import (
    AnyEvent,
    MessageAdded,
    ModeChanged,
    ModelChanged,
    Notice,
    PermissionAsked,
    PermissionDecided,
    SessionClosed,
    SessionStarted,
    StateChanged,
    ThreadChanged,
    TurnFinished,
    TurnStarted,
)

AT_REST = "waiting_for_user_input"
GUARD = 0.4
"""Seconds in which a line answers no question yet: it was typed before the question was heard."""


class Floor:
    """Follows one session's events.

    Attributes:
        is_working: the agent has something to do or to say first.
        in_turn: a turn is under way.
        is_spoken: something was said in the thread.
        questions: permission questions without an answer, oldest first.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked_at = 0.0
        self.is_spoken = False
        self.clear()

    def clear(self) -> None:
        """Another session is looked at, which has not said how it stands."""
        self.is_working, self.in_turn = True, False
        self.questions: deque[PermissionAsked] = deque()

    @property
    def is_heard(self) -> bool:
        """Whether the newest question was there long enough to be answered."""
        return self._clock() - self._asked_at >= GUARD

    def note(self, event: AnyEvent) -> None:
        """Take an event in."""
        match event:
            case PermissionAsked():
                self._asked(event)
            case PermissionDecided():
                self.drop(event.call_id)
            case SessionStarted():
                self.in_turn = self.is_working = event.state != AT_REST
                self.is_spoken = bool(event.messages)
            case TurnStarted():
                self.in_turn = self.is_working = self.is_spoken = True
            case TurnFinished() | SessionClosed():
                self.in_turn = self.is_working = False
                self.questions.clear()
            case StateChanged() if event.state != AT_REST:
                self.in_turn = self.is_working = True
            case StateChanged() | Notice() | MessageAdded() | ThreadChanged():
                self.is_working = self.in_turn
            case ModeChanged() | ModelChanged():
                self.is_working = self.in_turn

    def drop(self, call_id: str) -> None:
        """The question is answered."""
        self.questions = deque(q for q in self.questions if q.call_id != call_id)

    def _asked(self, event: PermissionAsked) -> None:
        if all(known.call_id != event.call_id for known in self.questions):
            self.questions.append(event)
            self._asked_at = self._clock()
