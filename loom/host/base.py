"""A host as a screen sees it, whether its sessions live in this process or in the daemon."""

from pathlib import Path
from typing import Any, Protocol

from loom.agent.session import AgentSession
from loom.core.errors import LoomError
from loom.threads.store import ThreadStore


class ModelSource(Protocol):
    """Which models there are."""

    async def models(self) -> list[dict[str, Any]]:
        """Rows of `provider`, `model`, `is_configured`, `is_default`. Raises LoomError."""
        ...


class ScreenServices(Protocol):
    """What a screen asks without a session."""

    @property
    def store(self) -> ThreadStore:
        """The person's threads."""
        ...

    @property
    def model(self) -> ModelSource:
        """The server's models."""
        ...


class SessionHost(Protocol):
    """Begins sessions and finds them again."""

    @property
    def services(self) -> ScreenServices:
        """The store and the models."""
        ...

    @property
    def trouble(self) -> LoomError | None:
        """What the person should know about where sessions live; None when all is as wanted."""
        ...

    @property
    def is_daemon(self) -> bool:
        """Whether sessions and server are the daemon's."""
        ...

    async def start(self, workspace: Path, *, is_private: bool = False) -> AgentSession:
        """A session on a new thread. Raises LoomError."""
        ...

    async def open(self, prefix: str) -> AgentSession:
        """The session on a thread, wherever it lives. Raises LoomError."""
        ...
