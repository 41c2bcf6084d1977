"""The runtime's children: keyed tasks in one TaskGroup, each stopped and awaited by its key."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any


class Tasks:
    """Starts tasks under a key and stops them.

    Args:
        on_crash: told of a task that raised: (key, exception). A defect in one task costs what
            that task was doing, never the session.
    """

    def __init__(
        self, group: asyncio.TaskGroup, on_crash: Callable[[str, Exception], None]
    ) -> None:
        self._group = group
        self._on_crash = on_crash
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` under `key`, which must be free."""
        task = self._group.create_task(self._guarded(key, work), name=key)
        self._running[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]

    async def _guarded(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        # One of the three places that may catch anything: the edge of the agent's own work.
        except Exception as error:
            logging.getLogger(__name__).exception("agent task %s failed", key)
            self._on_crash(key, error)

    async def stop(self, keys: Iterable[str]) -> None:
        """Cancel these and wait until they are gone."""
        tasks = [self._running[key] for key in keys if key in self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cancel(self, keys: Iterable[str]) -> None:
        """Cancel these without waiting."""
        for key in keys:
            if task := self._running.get(key):
                task.cancel()

    async def stop_all(self) -> None:
        """Cancel every task and wait until they are gone."""
        await self.stop(list(self._running))
