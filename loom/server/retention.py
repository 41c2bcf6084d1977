"""Jobs that end what the server keeps for a time only."""

from collections.abc import Iterator

from aiohttp import web

from loom.server.jobs.job import DAY, Job
from loom.server.keys import CLOCK, DATABASE, STORAGE
from loom.server.spending import usage
from loom.server.spending.periods import DAY_MS


def retention(app: web.Application) -> Iterator[Job]:
    """The table of those jobs."""
    own = _Own(app)
    yield Job("usage.retention", "forget single requests; the days' sums stay", DAY, own.usage)


class _Own:
    """What they do, each in one method, to one application."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    async def usage(self) -> str:
        days = self._app[STORAGE].settings.usage_days
        if not days:
            return "every request is kept (storage.usage_days is 0)"
        before, count = self._app[CLOCK]() - days * DAY_MS, 0
        # In steps, between which requests that end now are written down.
        while gone := await self._app[DATABASE].write(lambda c: usage.forget(c, before)):
            count += gone
        return f"{count} requests older than {days} days forgotten"
