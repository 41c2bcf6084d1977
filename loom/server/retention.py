"""Jobs that end what the server keeps for a time only."""

from collections.abc import Iterator

from aiohttp import web

from loom.server.audit.event import AuditEvent
from loom.server.jobs.job import DAY, Job
from loom.server.keys import AUDIT, CLOCK, DATABASE, STORAGE, THREADS
from loom.server.spending import usage
from loom.server.spending.periods import DAY_MS
from loom.server.threads.eraser import Eraser
from loom.server.threads.erasing import has_erased


def retention(app: web.Application) -> Iterator[Job]:
    """The table of those jobs."""
    own = _Own(app)
    yield Job("threads.erase", "erase what was deleted or taken back long ago", DAY, own.threads)
    yield Job("usage.retention", "forget single requests; the days' sums stay", DAY, own.usage)


TWICE = 2 * DAY_MS
"""Twice the job's interval: a run that was cut off is made up for."""


class _Own:
    """What they do, each in one method, to one application."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    async def threads(self) -> str:
        days, now = self._app[STORAGE].settings.deleted_days, self._app[CLOCK]()
        if not days:
            return "deleted threads are kept (storage.deleted_days is 0)"
        eraser = Eraser(self._app[THREADS])
        before = now - days * DAY_MS
        count = await eraser.deleted(before, now)
        gone = await eraser.swept(before)
        if gone.entries or self._app[THREADS].read(lambda c: has_erased(c, now - TWICE)):
            await eraser.forget_words()
        if count:
            self._app[AUDIT].add(AuditEvent("threads.erase", now, details={"threads": count}))
        return f"{count} threads erased; {gone.entries} entries, {gone.size} bytes"

    async def usage(self) -> str:
        days = self._app[STORAGE].settings.usage_days
        if not days:
            return "every request is kept (storage.usage_days is 0)"
        before, count = self._app[CLOCK]() - days * DAY_MS, 0
        # In steps, between which requests that end now are written down.
        while gone := await self._app[DATABASE].write(lambda c: usage.forget(c, before)):
            count += gone
        return f"{count} requests older than {days} days forgotten"
