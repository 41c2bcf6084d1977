"""Jobs that end what the server keeps for a time only."""

from collections.abc import Iterator, Sequence
from functools import partial

from aiohttp import web

from loom.server import deletions
from loom.server.audit.event import AuditEvent
from loom.server.jobs.job import DAY, Job
from loom.server.keys import AUDIT, BOOKS, CLOCK, DATABASE, STORAGE, THREADS
from loom.server.spending.periods import DAY_MS
from loom.server.threads import departures
from loom.server.threads.eraser import Eraser
from loom.server.threads.erasing import has_erased


def retention(app: web.Application) -> Iterator[Job]:
    """The table of those jobs."""
    own = _Own(app)
    yield Job("threads.erase", "erase what was deleted or taken back long ago", DAY, own.threads)
    yield Job("usage.retention", "forget single requests; the days' sums stay", DAY, own.usage)


async def settle(app: web.Application, now_ms: int) -> str:
    """Erases threads of people who are gone for good; those of organizations go back to theirs.

    Whatever a purge left behind that was cut off is made up for.
    """
    database, store = app[DATABASE], app[THREADS]
    people, orgs = database.read(deletions.purged)
    owners = await store.read_apart(lambda c: departures.owners_among(c, people))
    eraser = Eraser(store)
    erased = await eraser.people(owners, now_ms)
    if owners:
        await eraser.forget_words()
    returned = await _returned(app, orgs, now_ms)
    _note(app, "threads.erase", now_ms, erased)
    _note(app, "threads.return", now_ms, returned)
    return f"{erased} threads erased, {returned} returned to their owners"


async def _returned(app: web.Application, purged: Sequence[str], now_ms: int) -> int:
    store, count = app[THREADS], 0
    for org in await store.read_apart(lambda c: departures.orgs_among(c, purged)):
        homes = app[DATABASE].read(deletions.homes)
        work = partial(departures.give_back, org=org, homes=homes, now_ms=now_ms)
        while given := await store.writer.run(work):
            count += given
    return count


def _note(app: web.Application, kind: str, now_ms: int, threads: int) -> None:
    if threads:
        app[AUDIT].add(AuditEvent(kind, now_ms, details={"threads": threads}))


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
        _note(self._app, "threads.erase", now, count)
        return f"{count} threads erased; {gone.entries} entries, {gone.size} bytes"

    async def usage(self) -> str:
        days = self._app[STORAGE].settings.usage_days
        if not days:
            return "every request is kept (storage.usage_days is 0)"
        count = await self._app[BOOKS].log.forget(self._app[CLOCK]() - days * DAY_MS)
        return f"{count} requests older than {days} days forgotten"
