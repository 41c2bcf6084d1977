from loom.core.messages import Thread
from loom.core.protocol import (
    Notice,
    PermissionAsked,
    PermissionDecided,
    SessionStarted,
    StateChanged,
    TurnFinished,
    TurnStarted,
)
from loom.plain.floor import GUARD, Floor


def floor_after(*events: object, clock=lambda: 0.0) -> Floor:
    floor = Floor(clock)
    for event in events:
        floor.note(event)
    return floor


def test_the_person_has_the_floor_when_the_turn_is_over() -> None:
    begun = (SessionStarted(thread=Thread("T-1")), TurnStarted())
    at_rest = StateChanged(state="waiting_for_user_input")
    assert floor_after(*begun, at_rest).is_working
    assert not floor_after(*begun, at_rest, TurnFinished()).is_working


def test_a_notice_outside_a_turn_is_the_last_word() -> None:
    floor = floor_after(SessionStarted(thread=Thread("T-1")))
    floor.is_working = True
    floor.note(Notice(text="Nothing is compacted."))
    assert not floor.is_working


def test_a_question_waits_until_it_is_decided() -> None:
    asked = PermissionAsked(call_id="c")
    assert len(floor_after(asked, asked).questions) == 1
    assert not floor_after(asked, PermissionDecided(call_id="c")).questions


def test_a_question_is_heard_after_a_moment() -> None:
    now = [0.0]
    floor = floor_after(PermissionAsked(call_id="c"), clock=lambda: now[0])
    assert not floor.is_heard
    now[0] = GUARD
    assert floor.is_heard
