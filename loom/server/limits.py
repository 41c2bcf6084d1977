"""How patient Loom is with a provider."""

from typing import Protocol


class Limits(Protocol):
    """How long a provider may be silent, and how long an answer may take, in seconds."""

    @property
    def name(self) -> str:
        """The provider, for messages."""
        ...

    @property
    def timeout_first_byte(self) -> float:
        """Until the first byte of the answer's body."""
        ...

    @property
    def timeout_idle(self) -> float:
        """Between two bytes after that."""
        ...

    @property
    def timeout_answer(self) -> float:
        """From the request to the answer's end, whatever comes meanwhile."""
        ...
