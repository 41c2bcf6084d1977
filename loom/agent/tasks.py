"""The runtime's children: keyed tasks in one TaskGroup, each stopped and awaited by its key."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

PATIENCE = 4.0


class Tasks:
    """Starts tasks under a key and stops them.

    Args:
        on_crash: told of a task that raised: (key, exception). A defect in one task costs what
            that task was doing, never the session.
        patience: seconds that one which was cancelled is waited for; its key is free afterwards.
    """

    def __init__(
        self,
        group: asyncio.TaskGroup,
        on_crash: Callable[[str, Exception], None],
        patience: float = PATIENCE,
    ) -> None:
        self._group = group
        self._on_crash = on_crash
        self._patience = patience
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        """What runs."""
        return tuple(self._running)

    async def start(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` under `key`, which must be free; returns when it has begun.

        A task that is cancelled before it begins never enters `work`, which could then neither
        answer nor clean up.
        """
        task = self._group.create_task(self._guarded(key, work), name=key)
        self._running[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))
        await asyncio.sleep(0)

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
        """Cancel these and wait until they are gone, or for `patience`."""
        tasks = self.cancel(keys)
        if not tasks:
            return
        _, stuck = await asyncio.wait(tasks.values(), timeout=self._patience)
        for key, task in tasks.items():
            if task in stuck:
                logging.getLogger(__name__).error("agent task %s does not end", key)
                self._forget(key, task)

    def cancel(self, keys: Iterable[str]) -> dict[str, asyncio.Task[None]]:
        """Cancel those of these that run, without waiting for them."""
        tasks = {key: self._running[key] for key in keys if key in self._running}
        for task in tasks.values():
            # Asked twice, it would be torn out of what it does to end in good order.
            if not task.cancelling():
                task.cancel()
        return tasks

    async def stop_all(self) -> None:
        """Cancel every task and wait as `stop` does."""
        await self.stop(self.keys)
