"""The session on the screen: followed, spoken to, and found again when its process is gone."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from loom.core.errors import LoomError, SessionError
from loom.core.protocol import AnyEvent, AnyOp, SessionClosed, SessionStarted

if TYPE_CHECKING:
    from loom.agent.session import AgentSession

Reopen = Callable[[str], "Awaitable[AgentSession]"]


class Conversation:
    """One session at a time; Ops given before there is one are kept for it.

    Args:
        present: shows an event.
        complain: shows an error.
    """

    def __init__(
        self, present: Callable[[AnyEvent], None], complain: Callable[[LoomError], None]
    ) -> None:
        self._present = present
        self._complain = complain
        self._early: list[AnyOp] = []
        self.session: AgentSession | None = None

    @property
    def thread_id(self) -> str:
        """The thread on the screen; empty before there is one."""
        return self.session.thread_id if self.session else ""

    async def submit(self, op: AnyOp) -> None:
        """Hand an Op to the session, now or as soon as there is one."""
        if self.session is None:
            self._early.append(op)
            return
        try:
            await self.session.submit(op)
        except SessionError as error:
            self._complain(error)

    async def follow(
        self, session: "AgentSession", reopen: Reopen, lost: SessionError | None = None
    ) -> None:
        """Show `session` until it closes; a lost one is opened again, here.

        Cancel this to look at another session: this one lives on.

        Args:
            lost: why this session takes the place of another on the same thread.
        """
        self.session = None
        try:
            await self._show(session, lost)
        except SessionError as error:
            self._complain(error)
            await self.follow(await reopen(session.thread_id), reopen, error)

    async def _show(self, session: "AgentSession", lost: SessionError | None) -> None:
        async for event in session.events():
            self._present(event)
            if isinstance(event, SessionStarted):
                if lost is not None:  # said again: the conversation took the place of the first
                    self._complain(SessionError(lost.message, "The thread was opened again."))
                await self._hand_over(session)
            if isinstance(event, SessionClosed):
                return

    async def _hand_over(self, session: "AgentSession") -> None:
        """The session is shown: from here on what happens in it is seen, so Ops may go to it."""
        self.session = session
        early, self._early = self._early, []
        for op in early:
            await self.submit(op)
