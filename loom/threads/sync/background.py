"""Rounds for as long as the app lives: soon after a change, and now and then for others' changes.

It waits for nobody and nobody waits for it; while the server cannot be reached it is quiet.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from loom.core.errors import AuthError, LoomError
from loom.http import retry_pause
from loom.threads.store import ThreadStore
from loom.threads.sync import state
from loom.threads.sync.cycle import Round, Sync
from loom.threads.sync.status import told

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """Seconds.

    Attributes:
        tick: between looks at whether something waits here: one indexed read.
        look: between rounds when nothing does.
        busy: after a round that left something for the end of a turn.
        first, last: the first pause after a failure, which is doubled each time, and the longest.
        refused: after the server did not accept the token.
    """

    tick: float = 1.0
    look: float = 30.0
    busy: float = 5.0
    first: float = 0.2
    last: float = 300.0
    refused: float = 300.0


class InStep:
    """Keeps a store in step.

    Args:
        tell: takes a text for the person and what to do about it.
        jitter: a factor for pauses after failures, so that not all come back at once.
    """

    def __init__(
        self,
        store: ThreadStore,
        sync: Sync,
        tell: Callable[[str, str], None],
        pace: Pace = Pace(),  # frozen
        jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.5),
    ) -> None:
        self._store = store
        self._sync = sync
        self._tell = tell
        self._pace = pace
        self._jitter = jitter
        self._failures = 0
        self._look_at = 0.0

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            pause = self._pace.tick
            if time.monotonic() >= self._look_at or self._has_pending():
                pause = await self._round()
            await asyncio.sleep(pause)

    def _has_pending(self) -> bool:
        return bool(self._store.read(partial(state.pending, account=self._sync.account)))

    async def _round(self) -> float:
        """One round; the pause after it."""
        try:
            done = await self._sync.run()
        except AuthError as error:
            log.warning("sync: %s", error.message)
            return self._pace.refused
        except LoomError as error:
            return self._failed(error)
        self._failures = 0
        self._look_at = time.monotonic() + self._pace.look
        if done is None:
            return self._pace.tick
        await self._told(done)
        return self._pace.busy if done.waiting else self._pace.tick

    def _failed(self, error: LoomError) -> float:
        if not self._failures:
            log.info("sync waits: %s", error.message)
        self._failures += 1
        return retry_pause(self._pace.first, self._failures, self._pace.last, self._jitter())

    async def _told(self, done: Round) -> None:
        """Says what the person has to know; `loom list` says it again to who was not here."""
        news = {*done.forks, *done.withdrawn, *done.full}
        for notice in self._store.read(state.notices) if news else ():
            if notice.fork in news or (notice.thread in news and not notice.fork):
                self._tell(*told(notice))
