"""Sessions that were left while they worked: they go on, and this says what becomes of them."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from loom.core.protocol import (
    AnyEvent,
    PermissionAsked,
    PermissionDecided,
    SessionClosed,
    SessionStarted,
    TurnFinished,
    TurnStarted,
)
from loom.presenter import AT_REST
from loom.widgets.thread_list import Standing

if TYPE_CHECKING:
    from textual.worker import Worker

    from loom.agent.session import AgentSession


class Background:
    """Follows sessions that are on no screen.

    Args:
        start: runs a coroutine beside the screen.
        on_change: told the thread's id and where it stands, each time that changes.
    """

    def __init__(
        self,
        start: "Callable[[Coroutine[None, None, None]], Worker[None]]",
        on_change: Callable[[str, Standing], None],
    ) -> None:
        self._start = start
        self._on_change = on_change
        self._followed: dict[str, Worker[None]] = {}
        self._standings: dict[str, Standing] = {}

    def standing(self, thread_id: str) -> Standing:
        """Where a thread stands; empty for one that was not left here."""
        return self._standings.get(thread_id, "")

    def change(self, working: "AgentSession | None", thread_id: str) -> None:
        """Another thread comes to the screen; `working` is the shown one's agent, if it works."""
        if working is not None and working.thread_id != thread_id:
            self.leave(working)
        self.enter(thread_id)

    def leave(self, session: "AgentSession") -> None:
        """The session works and goes from the screen."""
        self.enter(session.thread_id)
        self._standings[session.thread_id] = "working"
        self._followed[session.thread_id] = self._start(self._follow(session))

    def enter(self, thread_id: str) -> None:
        """The thread is on the screen, which tells everything itself."""
        self._standings.pop(thread_id, None)
        if follower := self._followed.pop(thread_id, None):
            follower.cancel()

    async def _follow(self, session: "AgentSession") -> None:
        async for event in session.events():
            standing = _standing_after(event)
            if standing is not None and standing != self.standing(session.thread_id):
                self._standings[session.thread_id] = standing
                self._on_change(session.thread_id, standing)
            if isinstance(event, SessionClosed):
                return


def _standing_after(event: AnyEvent) -> Standing | None:
    """Where the thread stands after an event; None when the event does not tell."""
    match event:
        case SessionStarted() if event.state == AT_REST:
            return "unread"
        case SessionStarted() | TurnStarted() | PermissionDecided():
            return "working"
        case PermissionAsked():
            return "waiting"
        case TurnFinished() | SessionClosed():
            return "unread"
    return None
