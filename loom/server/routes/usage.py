"""`GET /api/usage`, and the books that every server keeps."""

from collections.abc import AsyncIterator
from datetime import date
from typing import get_args

import msgspec
from aiohttp import web

from loom.api.usage import UsageBy, UsageQuery, UsageReport
from loom.server.access import Resource, require
from loom.server.areas import Area
from loom.server.door import principal_of
from loom.server.errors import Refused
from loom.server.keeper import Keeper
from loom.server.keys import BACKGROUND, BOOKS, CLOCK, CONFIG, DATABASE, KEEPER, REDACTOR
from loom.server.responses import json_response, query_of
from loom.server.routing import Access, Route
from loom.server.spending import usage
from loom.server.spending.books import Books
from loom.server.spending.periods import DAY_MS, date_of, day_of
from loom.server.spending.price_files import read_prices
from loom.server.spending.usage import Whose
from loom.server.spending.usage_log import UsageLog

DAYS = 30


async def report(request: web.Request) -> web.Response:
    """What was used: one's own, an organization's for its admins, all for the server's."""
    query = query_of(request, UsageQuery)
    whose = _whose(request, query)
    by = _by(query.by)
    today = day_of(request.app[CLOCK]())
    until = _day("until", query.until, today)
    since = _day("since", query.since, until - DAYS + 1)
    books = request.app[BOOKS]
    await books.log.flush()
    sql, values = usage.question(by, since, until + 1, whose)
    rows = await request.app[DATABASE].query(sql, values)
    return json_response(
        UsageReport(
            by,
            date_of(since).isoformat(),
            date_of(until).isoformat(),
            books.prices.as_of,
            tuple(usage.row(by, each) for each in rows),
        )
    )


def _whose(request: web.Request, query: UsageQuery) -> Whose:
    principal = principal_of(request)
    if query.scope == "all":
        require(principal, "read", Resource("server"))
        return Whose()
    if query.scope == "org" or query.org:
        org = query.org or principal.org_id
        require(principal, "manage", Resource("organization", org))
        return Whose(org=org)
    if principal.is_operator:
        return Whose()
    return Whose(user=principal.user_id)


def _by(text: str) -> tuple[UsageBy, ...]:
    try:
        return msgspec.convert(tuple(dict.fromkeys(text.split(","))), tuple[UsageBy, ...])
    except msgspec.ValidationError as error:
        known = ", ".join(get_args(UsageBy))
        raise Refused(400, "invalid_request", f"by: {text!r} is none of {known}") from error


def _day(name: str, text: str, default: int) -> int:
    try:
        return (date.fromisoformat(text) - date_of(0)).days if text else default
    except ValueError as error:
        said = f"{name}: {text!r} is not a day such as 2026-11-28"
        raise Refused(400, "invalid_request", said) from error


async def _keep_books(app: web.Application) -> AsyncIterator[None]:
    """Writes usage for as long as the application runs, and to the end of it."""
    log = UsageLog(app[DATABASE])
    books = Books(read_prices(app[CONFIG].prices), log, app[CLOCK])
    app[BOOKS] = books
    app[KEEPER] = Keeper(app[DATABASE], app[BACKGROUND], app[REDACTOR], app[CLOCK])
    before, days = 0, app[CONFIG].storage.usage_days
    if app[CONFIG].is_team:
        await books.load()
    elif days:
        # A team's server has a job for it.
        before = app[CLOCK]() - days * DAY_MS
    writing = app[BACKGROUND].spawn(log.run(before))
    yield
    writing.cancel()
    await log.flush()


ROUTES = (
    Route(
        "GET",
        "/api/usage",
        report,
        Access.SIGNED_IN,
        scope="llm:use",
        gives=UsageReport,
        asks=UsageQuery,
    ),
)

AREA = Area(lambda app: ROUTES, _keep_books)
