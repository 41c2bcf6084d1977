"""`/auth/{github,google,okta}/…`: to an identity provider and back."""

import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from aiohttp import web

from loom.core.errors import ConfigError
from loom.server.areas import Area
from loom.server.auth.next_page import safe_next
from loom.server.door import audit
from loom.server.keys import CLOCK, DATABASE
from loom.server.login import browser, login_states
from loom.server.login.failures import LoginFailed
from loom.server.login.limits import SENT_AWAY, WRONG_RETURNS, require_rate
from loom.server.login.login_states import Kept
from loom.server.login.providers import LOGIN_PROVIDERS, PROVIDERS, LoginProviders
from loom.server.login.saml.names import SOLICITED
from loom.server.login.signing_in import Arrival, let_in
from loom.server.pages.forms import read_fields
from loom.server.responses import see_other
from loom.server.routing import Access, Handler, Route

if TYPE_CHECKING:
    from loom.server.login.saml.conditions import Assertion

log = logging.getLogger("loom.server")

MAX_FORM = 400_000
"""Bytes of the form that brings a SAML response: a little more than the largest that is read."""

_TICKET = "okta ticket"


def audited(handler: Handler) -> Handler:
    """Who could not sign in is in the audit log, and why in the server's."""

    @wraps(handler)
    async def wrapped(request: web.Request) -> web.StreamResponse:
        provider = request.path.split("/")[2]
        try:
            return await handler(request)
        except LoginFailed as failure:
            require_rate(request, WRONG_RETURNS)
            log.warning("sign-in by %s: %s: %r", provider, failure.code, failure.detail)
            audit(request, "auth.login", "denied", provider=provider, reason=failure.code)
            raise
        except ConfigError as error:
            log.error("sign-in by %s: %s %s", provider, error, error.hint)
            audit(request, "auth.login", "failed", provider=provider, reason="misconfigured")
            raise _misconfigured(provider) from error

    return wrapped


@audited
async def depart(request: web.Request) -> web.StreamResponse:
    """Sends the browser to the provider."""
    require_rate(request, SENT_AWAY)
    name = request.match_info["provider"]
    departure = await request.app[LOGIN_PROVIDERS][name].depart()
    response = see_other(departure.url)
    kept = Kept(
        browser.mark(request, response),
        departure.nonce,
        departure.code_verifier,
        safe_next(request.query.get("next", "")),
    )
    now = request.app[CLOCK]()
    await request.app[DATABASE].write(
        lambda connection: login_states.keep(connection, name, departure.state, kept, now)
    )
    return response


@audited
async def callback(request: web.Request) -> web.StreamResponse:
    """The browser is back with a code: GitHub, Google."""
    name = request.match_info["provider"]
    provider = request.app[LOGIN_PROVIDERS][name]
    kept = await _taken(request, name, request.query.get("state", ""))
    arrival = await provider.arrive(request.query, kept)
    return await let_in(request, arrival, kept.next)


@audited
async def acs(request: web.Request) -> web.StreamResponse:
    """The browser is back with a form of the identity provider's page: Okta.

    Another site's form brings no cookie. So the sign-in goes on at `finish`, where the browser
    comes by a redirect and shows the one that it got when it left.
    """
    okta = request.app[LOGIN_PROVIDERS]["okta"]
    fields = await read_fields(request, MAX_FORM)
    assertion = await okta.read(fields.get("SAMLResponse", ""))
    if assertion.in_response_to:
        ticket = await _ticket(request, assertion)
        return see_other(f"/auth/okta/finish?ticket={ticket}")
    relay = fields.get("RelayState", "")
    if relay == SOLICITED:
        raise not_begun_here()
    if okta.is_restarting:
        return see_other(f"/auth/okta/login?next={quote(safe_next(relay), safe='/')}")
    now = request.app[CLOCK]()
    await request.app[DATABASE].write(
        lambda c: login_states.use_assertion(c, assertion.id, assertion.expires_at, now)
    )
    return await let_in(request, _arrival(assertion), relay)


@audited
async def finish(request: web.Request) -> web.StreamResponse:
    """The browser that came back with a form shows that it is the one that left."""
    kept = await _taken(request, _TICKET, request.query.get("ticket", ""))
    return await let_in(request, msgspec.json.decode(kept.arrival, type=Arrival), kept.next)


@audited
async def metadata(request: web.Request) -> web.StreamResponse:
    """What the identity provider needs to know of this server."""
    body = request.app[LOGIN_PROVIDERS]["okta"].metadata()
    return web.Response(body=body, content_type="application/samlmetadata+xml", charset="utf-8")


async def _ticket(request: web.Request, assertion: "Assertion") -> str:
    """Takes what was kept for the request that is answered, and keeps who came instead."""
    ticket, now = secrets.token_urlsafe(32), request.app[CLOCK]()
    arrival = msgspec.json.encode(_arrival(assertion)).decode()

    def work(connection: sqlite3.Connection) -> None:
        login_states.use_assertion(connection, assertion.id, assertion.expires_at, now)
        kept = login_states.take(connection, "okta", assertion.in_response_to, now)
        if kept is None:
            raise not_begun_here()
        login_states.keep(connection, _TICKET, ticket, replace(kept, arrival=arrival), now)

    await request.app[DATABASE].write(work)
    return ticket


async def _taken(request: web.Request, provider: str, state: str) -> Kept:
    here, now = browser.marked(request), request.app[CLOCK]()
    kept = await request.app[DATABASE].write(
        lambda connection: login_states.take(connection, provider, state, now, here)
    )
    if kept is None:
        raise not_begun_here()
    return kept


def _arrival(assertion: "Assertion") -> Arrival:
    """The identity provider is the company's own: its word on the address counts."""
    return Arrival("okta", assertion.subject, assertion.email, True, assertion.name)


def not_begun_here() -> LoginFailed:
    """Another browser's sign-in, one that came back already, or one that took too long."""
    return LoginFailed(
        "not_begun_here",
        "this sign-in did not begin in this browser within the last ten minutes, or it is used up",
        "Start again from the sign-in page: /login.",
    )


def _misconfigured(name: str) -> LoginFailed:
    return LoginFailed(
        "misconfigured",
        f"signing in by {PROVIDERS[name].label} is not set up rightly on this server",
        "Choose another way, or tell whoever runs this server: its log says what is wrong.",
        status=503,
    )


ROUTES = (
    Route("GET", "/auth/{provider:github|google|okta}/login", depart, Access.PUBLIC),
    Route("GET", "/auth/{provider:github|google}/callback", callback, Access.PUBLIC),
    Route("POST", "/auth/okta/acs", acs, Access.PUBLIC, is_cross_site=True),
    Route("GET", "/auth/okta/finish", finish, Access.PUBLIC),
    Route("GET", "/auth/okta/metadata", metadata, Access.PUBLIC),
)


async def _opens(app: web.Application) -> AsyncIterator[None]:
    app[LOGIN_PROVIDERS] = LoginProviders(app)
    yield


AREA = Area(lambda app: ROUTES, _opens)
