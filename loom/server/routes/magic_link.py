"""Signing in by a link: mailed to the person, or handed over by the operator."""

from aiohttp import web

from loom.api.login import LinkRequest, SignInLink
from loom.api.times import rfc3339
from loom.server.addresses import folded, is_address
from loom.server.areas import Area
from loom.server.auth import magic_links
from loom.server.auth.magic_links import Link
from loom.server.auth.next_page import safe_next
from loom.server.door import audit, principal_of
from loom.server.errors import Refused
from loom.server.keys import CLOCK, CONFIG, DATABASE
from loom.server.login.limits import LINKS_ASKED, WRONG_LINKS, require_rate
from loom.server.login.named import named
from loom.server.login.signing_in import Arrival, let_in
from loom.server.magic_link import PATH, link_base, new_link, post_link
from loom.server.names import require_email
from loom.server.pages.forms import read_form
from loom.server.pages.magic_link import confirm_page, sent_page
from loom.server.responses import json_body, json_response
from loom.server.routing import Access, Route


async def ask(request: web.Request) -> web.Response:
    """Mails a link, if the address may sign in; the answer does not tell."""
    fields = await read_form(request)
    email = folded(fields.get("email", ""))
    if not is_address(email):
        raise Refused(
            400, "invalid_request", "This is no e-mail address.", "Go back and try again."
        )
    if request.app[CONFIG].mail is None:
        raise Refused(404, "not_found", "This server sends no mail.", "Sign in another way: /login")
    require_rate(request, LINKS_ASKED)
    post_link(request, email, safe_next(fields.get("next", "")))
    return sent_page(request, email)


async def confirm(request: web.Request) -> web.Response:
    """Shows whom the link signs in; nothing is used up."""
    token, now = request.query.get("token", ""), request.app[CLOCK]()
    link = request.app[DATABASE].read(lambda c: magic_links.find(c, token, now))
    if link is None:
        raise _no_link(request)
    return confirm_page(request, link.email, token)


async def use(request: web.Request) -> web.Response:
    """Signs in, once."""
    token, now = (await read_form(request)).get("token", ""), request.app[CLOCK]()
    link = await request.app[DATABASE].write(lambda c: magic_links.consume(c, token, now))
    if link is None:
        raise _no_link(request)
    arrival = Arrival(
        "link" if link.is_operators else "email",
        "",
        link.email,
        is_email_verified=True,
        is_vouched_for=link.is_operators,
    )
    return await let_in(request, arrival, link.next_page)


async def make(request: web.Request) -> web.Response:
    """A link for the operator to hand over; it makes an account whatever `signups` says."""
    if not principal_of(request).is_operator:
        # An admin who could make one would sign in as anybody.
        raise Refused(404, "not_found", "Not Found")
    asked = await json_body(request, LinkRequest)
    link = Link(folded(require_email(asked.email)), safe_next(asked.next), is_operators=True)
    url, expires_at = await new_link(request.app, link_base(request), link)
    audit(request, "auth.link", "ok", **named(request, link.email))
    return json_response(SignInLink(url.expose(), rfc3339(expires_at)), 201)


def _no_link(request: web.Request) -> Refused:
    require_rate(request, WRONG_LINKS)
    return Refused(
        403,
        "invalid_link",
        "This link is no longer valid: it was used, or ten minutes have passed, or a newer one was"
        " sent.",
        "Ask for a new one at /login.",
    )


ROUTES = (
    Route("POST", "/auth/magic-link", ask, Access.PUBLIC),
    Route("GET", PATH, confirm, Access.PUBLIC),
    Route("POST", PATH, use, Access.PUBLIC),
    Route("POST", "/auth/links", make, Access.ADMIN, takes=LinkRequest, gives=SignInLink),
)

AREA = Area(lambda app: ROUTES)
