"""What a person is told when a request of their browser's fails."""

from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from loom.core.errors import LoomError
from loom.log import request_id
from loom.server.errors import described
from loom.server.keys import REDACTOR
from loom.server.pages.frame import page
from loom.server.pages.html import tag
from loom.server.responses import see_other

_TITLES = {
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    429: "Too many tries",
    500: "Something went wrong",
}
_NOTHING = "There is nothing at this address, or it is not for you."


def is_for_a_person(request: web.Request) -> bool:
    """A browser asked for a page, and not a program for an answer."""
    accepted = request.headers.get("Accept", "")
    is_api = request.path.startswith(("/api/", "/proxy/"))
    return "text/html" in accepted and not is_api and request.method in ("GET", "HEAD", "POST")


def sentence(message: str) -> str:
    """A message as it stands on a page by itself."""
    ended = message if message.endswith((".", "?", "!", ":")) else f"{message}."
    return ended[:1].upper() + ended[1:]


def error_page(request: web.Request, error: LoomError) -> web.StreamResponse:
    """The error as a page; who has to sign in is sent there, and comes back."""
    status, body = described(error, request.app[REDACTOR])
    if status == HTTPStatus.UNAUTHORIZED and request.method == "GET":
        return see_other(f"/login?next={quote(request.path_qs, safe='/')}")
    response = page(
        request,
        _TITLES.get(status, HTTPStatus(status).phrase),
        tag("p", _NOTHING if body.message == "Not Found" else sentence(body.message)),
        tag("p", body.hint) if body.hint else None,
        tag("p", tag("a", "Sign in", href="/login")) if status == 401 else None,
        tag("p", f"Request {request_id.get()}", class_="quiet"),
        status=status,
    )
    if body.retry_after is not None:
        response.headers["Retry-After"] = str(int(body.retry_after) + 1)
    return response
