"""What a job is."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

HOUR, DAY = 3_600.0, 86_400.0


@dataclass(frozen=True)
class Job:
    """Something that is done from time to time.

    Attributes:
        id: dotted words, `logins.expired`.
        name: what it does, for people.
        interval: seconds from one start to the next; 0 for one that runs only when it is asked to.
        run: does it, and returns a sentence about it. What it raises is a failure, tried again
            three times. It may be cancelled at any await, and may then run once more from the
            beginning.
    """

    id: str
    name: str
    interval: float
    run: Callable[[], Coroutine[Any, Any, str]]
