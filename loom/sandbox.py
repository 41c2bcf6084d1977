"""Confinement of child processes: bubblewrap where it works, a plain statement where not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol


class Sandbox(Protocol):
    """How a command is confined.

    Attributes:
        is_confining: commands really run confined.
        statement: one sentence for people: what is confined, or why nothing is.
    """

    is_confining: bool
    statement: str

    def wrap(
        self, command: Sequence[str], workspace: Path, cwd: Path, environment: Mapping[str, str]
    ) -> list[str]:
        """The argv that runs `command` confined to `workspace`, started in `cwd`."""
        ...
