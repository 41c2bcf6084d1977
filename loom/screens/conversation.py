"""The session on the screen: followed, spoken to, and found again when its process is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from loom.core.errors import LoomError, SessionError
from loom.core.protocol import AnyEvent, AnyOp, SessionClosed, SessionStarted

if TYPE_CHECKING:
    from loom.agent.session import AgentSession

_AGAIN = 0.2
"""Seconds before a thread is opened again: a process that ends lets go of it a moment later."""

_MOST_QUICK_ENDS = 20
"""Sessions in a row that ended at once: then it is no other process, and will not get better."""

Reopen = Callable[[str], "Awaitable[AgentSession]"]


class Conversation:
    """One session at a time; Ops given before there is one are kept for it.

    Args:
        present: shows an event.
        complain: shows an error.
        is_leaving: whether sessions close because this Loom ends.
        pause: seconds before a thread is opened again.
    """

    def __init__(
        self,
        present: Callable[[AnyEvent], None],
        complain: Callable[[LoomError], None],
        is_leaving: Callable[[], bool],
        pause: float = _AGAIN,
    ) -> None:
        self._pause = pause
        self._present = present
        self._complain = complain
        self._is_leaving = is_leaving
        self._early: list[AnyOp] = []
        self._lasting: list[LoomError] = []
        self.session: AgentSession | None = None

    @property
    def thread_id(self) -> str:
        """The thread on the screen; empty before there is one."""
        return self.session.thread_id if self.session else ""

    def tell(self, error: LoomError) -> None:
        """Show an error that stays true: again wherever a conversation takes the screen."""
        self._complain(error)
        self._lasting.append(error)

    async def submit(self, op: AnyOp) -> None:
        """Hand an Op to the session, now or as soon as there is one."""
        if self.session is None:
            self._early.append(op)
            return
        try:
            await self.session.submit(op)
        except SessionError as error:
            self._complain(error)

    async def follow(self, session: "AgentSession", reopen: Reopen) -> None:
        """Show `session` until this Loom leaves; one that is lost or closed is opened again, here.

        Cancel this to look at another session: this one lives on. Raises LoomError when the thread
        cannot be opened again.
        """
        lost: SessionError | None = None
        clock = asyncio.get_running_loop().time
        quick_ends = 0
        while True:
            self.session, began = None, clock()
            try:
                await self._show(session, lost)
                lost = SessionError("the Loom that ran this thread has left it")
            except SessionError as error:
                lost = error
                self._complain(error)
            if self._is_leaving():
                return
            quick_ends = quick_ends + 1 if clock() - began < 1 else 0
            if quick_ends > _MOST_QUICK_ENDS:
                raise lost
            await asyncio.sleep(self._pause)
            session = await reopen(session.thread_id)

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
        for error in self._lasting:
            self._complain(error)
        early, self._early = self._early, []
        for op in early:
            await self.submit(op)
