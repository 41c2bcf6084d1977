"""What is to be opened, as flags and settings say it."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from loom.config.settings import Settings
from loom.threads.location import database


class Plan(Struct, frozen=True):
    """What is to be opened.

    Attributes:
        workspace: absolute and resolved.
        environment: the process's own, secrets included.
        database: the threads' file; None is the user's own.
        has_person: somebody can answer permission questions.
        allowed: further rules from the command line.
    """

    workspace: Path
    settings: Settings
    environment: Mapping[str, str]
    has_person: bool = True
    database: Path | None = None
    allowed: tuple[str, ...] = ()

    @property
    def store(self) -> Path:
        """The file of its threads."""
        return self.database or database(self.environment)
