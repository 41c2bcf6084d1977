"""What the loop takes next: Ops of front ends and outcomes of tasks, in the order they came."""

import asyncio
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """A queue that can forget the outcomes of work that was stopped.

    A task may have posted its outcome just before it was cancelled; taken after that, it would be
    mistaken for one of whatever began since.
    """

    def __init__(self) -> None:
        self._items: asyncio.Queue[tuple[int | None, Item]] = asyncio.Queue()
        self._age = 0

    def put(self, item: Item) -> None:
        """Add what counts whenever it is taken."""
        self._items.put_nowait((None, item))

    def post(self, outcome: Item) -> None:
        """Add an outcome of work that may be stopped before this is taken."""
        self._items.put_nowait((self._age, outcome))

    def forget(self) -> None:
        """Drop every outcome that was posted so far."""
        self._age += 1

    async def take(self) -> Item:
        """The next item that still counts."""
        while True:
            age, item = await self._items.get()
            if age is None or age == self._age:
                return item
