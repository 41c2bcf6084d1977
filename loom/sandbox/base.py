"""What a sandbox is, and the one that confines nothing and says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Sandbox(Protocol):
    """How a command is confined."""

    @property
    def is_confining(self) -> bool:
        """Commands really run confined, and all they start ends when the wrapper does."""
        ...

    @property
    def statement(self) -> str:
        """One or two sentences for people: what is confined, or why nothing is."""
        ...

    @property
    def brief(self) -> str:
        """The same in one short line, for a question that is read in a second."""
        ...

    def wrap(
        self,
        command: Sequence[str],
        workspace: Path,
        cwd: Path,
        environment: Mapping[str, str],
        scratch: Path | None = None,
    ) -> list[str]:
        """The argv that runs `command` confined to `workspace`, started in `cwd`.

        Args:
            workspace: absolute, resolved; what the command may write to.
            environment: what the wrapper itself will be started with.
            scratch: the session's private folder. The command may read it; `scratch/tmp` is made
                and becomes its `/tmp`, so that what one command leaves there the next one finds.
        """
        ...


@dataclass(frozen=True)
class NoSandbox:
    """Runs commands as they are.

    Attributes:
        statement: why, and what to install.
        prefix: put before each command, to tie its life to ours where that can be done.
    """

    statement: str
    prefix: tuple[str, ...] = ()

    @property
    def is_confining(self) -> bool:
        """Never."""
        return False

    @property
    def brief(self) -> str:
        """Whoever allows a command should know."""
        return "not sandboxed: it can do whatever you can"

    def wrap(
        self,
        command: Sequence[str],
        workspace: Path,
        cwd: Path,
        environment: Mapping[str, str],
        scratch: Path | None = None,
    ) -> list[str]:
        """`command` behind the prefix; everything else is left to whoever starts it."""
        return [*self.prefix, *command]
