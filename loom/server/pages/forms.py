"""Forms that only our own pages can send.

A form carries a token that belongs to the browser's LoginSession or, before there is one, to a
cookie that was set with the form. Another site can make the browser send a form, but neither read
the token nor set the cookie. `Origin` and `Sec-Fetch-Site` are checked besides.
"""

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from loom.core.errors import ConfigError
from loom.server import cookies
from loom.server.bodies import small_body
from loom.server.door import principal_of, require_own_page
from loom.server.errors import Refused
from loom.server.keys import CONFIG
from loom.server.pages.frame import page
from loom.server.pages.html import Content, Html, tag

COOKIE = "loom_form"
FIELD = "form_token"
MAX_FORM = 16 * 1024
"""Bytes."""

MAX_FIELDS = 40
_BROWSER = web.RequestKey("form_browser", str)
_STALE = "This form is no longer valid."


def form(request: web.Request, action: str, *content: Content, **attributes: str) -> Html:
    """A form that posts to `action`; the page that has it is made by `form_page`."""
    hidden = tag("input", type="hidden", name=FIELD, value=_token(request))
    return tag("form", hidden, content, method="post", action=action, **attributes)


def form_page(
    request: web.Request, title: str, *content: Content, status: int = 200, is_wide: bool = False
) -> web.Response:
    """A page with forms, and the cookie that strangers' forms need."""
    response = page(request, title, *content, status=status, is_wide=is_wide)
    if browser := request.get(_BROWSER):
        cookies.put(request, response, COOKIE, browser)
    return response


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form that one of our pages sent, by name.

    Raises:
        Refused: another site's page sent it, its token is wrong, or it is no form.
    """
    fields = await read_fields(request)
    principal = principal_of(request)
    if principal.is_signed_in and not principal.is_cookie:
        # A token in a header came from no page.
        return fields
    require_own_page(request)
    if not hmac.compare_digest(fields.get(FIELD, "").encode(), _expected(request).encode()):
        raise Refused(403, "stale_form", _STALE, "Go back, load the page again and repeat it.")
    return fields


async def read_fields(request: web.Request, limit: int = MAX_FORM) -> Mapping[str, str]:
    """A small urlencoded body; of a name that comes twice the first counts.

    Raises:
        Refused: it is no form (400, 415) or too large (413).
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refused(415, "invalid_request", "this is no form")
    body = await small_body(request, limit)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise Refused(400, "invalid_request", "this form cannot be read") from error
    return dict(reversed(pairs))


def _token(request: web.Request) -> str:
    if not principal_of(request).is_cookie and not cookies.shown(request, COOKIE):
        request[_BROWSER] = request.get(_BROWSER) or secrets.token_hex(32)
    return _expected(request)


def _expected(request: web.Request) -> str:
    principal = principal_of(request)
    if principal.is_cookie:
        owner = f"session {principal.credential_id}"
    else:
        owner = f"browser {request.get(_BROWSER) or cookies.shown(request, COOKIE)}"
    token = request.app[CONFIG].token
    if token is None:
        raise ConfigError("the server has no token", "Set LOOM_SERVER_TOKEN.")
    return hmac.digest(token.expose().encode(), f"form of {owner}".encode(), "sha256").hex()
