"""The one interface of a live conversation, wherever its agent runs."""

from collections.abc import AsyncIterator
from typing import Protocol

from loom.core.protocol import AnyEvent, AnyOp


class AgentSession(Protocol):
    """Ops in, Events out."""

    @property
    def thread_id(self) -> str:
        """The thread this session lives on."""
        ...

    async def submit(self, op: AnyOp) -> None:
        """Hand over an Op; its effect is seen in the Events. Raises SessionError when closed."""
        ...

    def events(self, after: int | None = None) -> AsyncIterator[AnyEvent]:
        """Events as they come, forever until SessionClosed.

        Args:
            after: the last `seq` already seen; what came since is replayed. None, or a `seq` too
                old to be kept, starts with SessionStarted and whatever is under way.
        """
        ...
