"""A session on the screen that ends elsewhere."""

import asyncio

import pytest

from loom.core.errors import SessionError
from loom.core.messages import Thread
from loom.core.protocol import SendMessage, SessionClosed, SessionStarted
from loom.screens.conversation import Conversation


class Elsewhere:
    """A session in another process: it starts, and then closes, is lost, or goes on."""

    thread_id = "T-1"

    def __init__(self, end: str = "") -> None:
        self.end = end
        self.ops: list[object] = []

    async def submit(self, op: object) -> None:
        self.ops.append(op)

    async def events(self, after: int | None = None):
        yield SessionStarted(thread=Thread("T-1"))
        if self.end == "closes":
            yield SessionClosed()
        elif self.end == "is lost":
            raise SessionError("the connection broke")
        else:
            await asyncio.Event().wait()


async def follow(
    *sessions: Elsewhere, is_leaving: bool = False, lasting: str = ""
) -> tuple[Conversation, list[str]]:
    """Follow the sessions one after the other until the last is on the screen, or all is over."""
    told: list[str] = []
    rest = iter(sessions)
    shown = Conversation(lambda event: None, lambda e: told.append(str(e)), lambda: is_leaving)
    if lasting:
        shown.tell(SessionError(lasting))

    async def reopen(thread_id: str) -> Elsewhere:
        return next(rest)

    task = asyncio.create_task(shown.follow(next(rest), reopen))
    async with asyncio.timeout(5):
        while not task.done() and shown.session is not sessions[-1]:
            await asyncio.sleep(0.01)
    task.cancel()
    return shown, told


async def test_a_session_that_closed_elsewhere_goes_on_here() -> None:
    here = Elsewhere()
    shown, told = await follow(Elsewhere("closes"), here)
    await shown.submit(SendMessage(()))
    assert "has left" in told[0] and len(here.ops) == 1


async def test_a_lost_session_goes_on_here_and_says_why() -> None:
    _, told = await follow(Elsewhere("is lost"), Elsewhere())
    assert "the connection broke" in told[0]


async def test_leaving_opens_nothing_again() -> None:
    closing = Elsewhere("closes")
    _, told = await follow(closing, is_leaving=True)
    assert told == []


async def test_a_thread_that_ends_at_once_each_time_is_given_up() -> None:
    async def reopen(thread_id: str) -> Elsewhere:
        return Elsewhere("is lost")

    shown = Conversation(lambda event: None, lambda error: None, lambda: False, pause=0)
    with pytest.raises(SessionError, match="the connection broke"):
        await asyncio.wait_for(shown.follow(Elsewhere("is lost"), reopen), 5)


async def test_what_stays_true_is_said_again_when_a_conversation_takes_the_screen() -> None:
    _, told = await follow(Elsewhere("closes"), Elsewhere(), lasting="no daemon")
    assert [text for text in told if "no daemon" in text] == ["no daemon"] * 3
