"""What a client asks, kept as long as it may be sent again and no longer."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Prompt(Generic[T]):
    """Holds it for all who hand it on, so that one of them can let go of it for all.

    An answer streams for minutes; its prompt can have megabytes, of which nobody needs any more
    once the answer has begun.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value: T | None = value

    @property
    def value(self) -> T:
        """What is asked. Raises RuntimeError when it was let go."""
        if self._value is None:
            raise RuntimeError("the prompt is gone")
        return self._value

    def drop(self) -> None:
        """Nobody asks again."""
        self._value = None
