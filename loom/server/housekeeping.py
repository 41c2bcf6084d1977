"""The server's own jobs: what ran out is removed, what was deleted long ago is buried."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from aiohttp import web

from loom.core.errors import LoomError
from loom.db import connect, translated
from loom.server import deletions
from loom.server.audit import store as audit_store
from loom.server.audit.chain import Seal
from loom.server.audit.event import AuditEvent
from loom.server.audit.verify import Report, Verifier
from loom.server.jobs import store
from loom.server.jobs.job import DAY, HOUR, Job
from loom.server.keys import AUDIT, AUTHENTICATOR, BOOKS, CLOCK, CONFIG, DATABASE
from loom.server.retention import retention, settle

DAY_MS = 24 * 3600 * 1000
HISTORY_DAYS = 90

_EXPIRING = (
    "login_sessions",
    "device_codes",
    "magic_links",
    "login_states",
    "used_assertions",
    "org_invitations",
)


def housekeeping(app: web.Application) -> Iterator[Job]:
    """The table of the server's own jobs."""
    own = _Own(app)
    yield Job("accounts.purge", "bury what was deleted 90 days ago", DAY, own.purge)
    yield Job("audit.check", "verify the audit log's chain", DAY, own.check)
    yield Job("audit.retention", "cut old lines off the audit log", DAY, own.retain)
    yield Job("jobs.history", f"forget runs older than {HISTORY_DAYS} days", DAY, own.forget)
    yield Job("logins.expired", "remove sessions, links and codes that ran out", HOUR, own.expire)
    yield from retention(app)


class UnsoundAudit(LoomError):
    """The audit log's chain was tampered with."""


class _Own:
    """What those jobs do, each in one method, to one application."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    async def expire(self) -> str:
        now = self._app[CLOCK]()
        count = await self._app[DATABASE].write(lambda c: expire(c, now))
        return f"{count} removed"

    async def purge(self) -> str:
        now = self._app[CLOCK]()
        gone = await self._app[DATABASE].write(lambda c: deletions.purge(c, now))
        if any(gone):
            self._app[AUTHENTICATOR].forget()
            await self._app[BOOKS].load()
            facts = {"users": gone.users, "organizations": gone.orgs}
            self._app[AUDIT].add(AuditEvent("accounts.purge", now, details={**facts}))
        threads = await settle(self._app, now)
        return f"{gone.users} accounts and {gone.orgs} organizations buried; {threads}"

    async def forget(self) -> str:
        before = self._app[CLOCK]() - HISTORY_DAYS * DAY_MS
        return f"{await self._app[DATABASE].write(lambda c: store.forget(c, before))} forgotten"

    async def retain(self) -> str:
        days = self._app[CONFIG].audit.keep_days
        if not days:
            return "every line is kept (audit.keep_days is 0)"
        before = self._app[CLOCK]() - days * DAY_MS
        count = await self._app[AUDIT].cut(self._app[DATABASE], before)
        return f"{count} lines older than {days} days cut off"

    async def check(self) -> str:
        """Fails for a chain that is not sound, so that /health tells."""
        report = await asyncio.to_thread(_verified, self._app[DATABASE].path, self._app[AUDIT].seal)
        if report.is_sound:
            return f"{report.lines} lines are sound"
        first = report.faults[0]
        raise UnsoundAudit(f"line {first.seq}: {first.what}", "Run loom audit verify.")


def expire(connection: sqlite3.Connection, now_ms: int) -> int:
    """Removes what ran out; how many rows."""
    return sum(
        # The names are the ones above.
        connection.execute(f"DELETE FROM {table} WHERE expires_at <= ?", (now_ms,)).rowcount  # noqa: S608
        for table in _EXPIRING
    )


def _verified(path: Path, seal: Seal) -> Report:
    with closing(connect(path, is_read_only=True)) as connection, translated(path):
        return Verifier([seal]).report(audit_store.everything(connection))
