"""What every request passes: an id, errors turned into answers, and the door."""

import logging
import random
import re
import time

from aiohttp import web
from aiohttp.typedefs import Middleware

from loom.core.errors import LoomError
from loom.log import request_id
from loom.server.access_log import Served
from loom.server.deeds import CLIENT_GONE, told_path
from loom.server.desk import DESK, Desk
from loom.server.door import authenticate
from loom.server.errors import Dialect, Refused, error_response
from loom.server.forwarded import believe_proxies
from loom.server.keys import CONFIG, REDACTOR
from loom.server.response_headers import answer_preflights, id_header
from loom.server.routing import Handler
from loom.server.sections.http import HttpSettings

log = logging.getLogger("loom.server")

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def identify(desk: Desk) -> Middleware:
    """Gives the request an id, and says in the log and the metrics what became of it."""

    @web.middleware
    async def identified(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        is_sane = given and _SANE_ID.fullmatch(given)
        identity = given if is_sane else f"{random.getrandbits(64):016x}"
        request_id.set(identity)
        desk.silent_connections.spoke(request.protocol)
        start, status = time.perf_counter(), CLIENT_GONE
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            _account(desk, request, identity, status, time.perf_counter() - start)

    return identified


def _account(desk: Desk, request: web.Request, identity: str, status: int, seconds: float) -> None:
    route = desk.route(request)
    name = route.path if route is not None else "none"
    # Most routes have nothing in their paths, and no time to lose.
    path = told_path(request) if "{" in name else request.path
    served = Served(time.time(), identity, request.method, path, name, status, seconds)
    desk.access_log.add(served)


async def put_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Echoes the id on every answer; a provider's own X-Request-Id stays what it was."""
    response.headers[id_header(response.headers)] = request_id.get()


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns what a handler raises into an answer in the route's dialect, never a stack trace."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        refusal: LoomError = _refusal(error)
    except LoomError as error:
        refusal = error
    except web.RequestPayloadError:
        refusal = Refused(400, "invalid_request", "the request's body cannot be unpacked")
    except ConnectionError:
        # The client went away while it was written to; aiohttp closes up.
        raise
    except Exception:  # the server's outer edge: all else is ours to answer for
        log.exception("%s %s failed", request.method, told_path(request))
        refusal = Refused(500, "internal", "The server failed; its log has the details.")
    if request.writer.output_size > 0:
        raise ConnectionError("the answer had begun")
    if request.app[CONFIG].is_team:
        # Pages are a team's; the server inside the app does not wait for them.
        from loom.server.pages.errors import error_page, is_for_a_person

        if is_for_a_person(request):
            return error_page(request, refusal)
    return error_response(refusal, _dialect(request), request.app[REDACTOR])


def _refusal(error: web.HTTPException) -> Refused:
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    # RFC 9110 §15.5.6: a 405 says which methods there are.
    allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    return Refused(
        error.status, codes.get(error.status, "invalid_request"), error.reason, headers=allow
    )


def _dialect(request: web.Request) -> Dialect:
    route = request.app[DESK].route(request)
    return "loom" if route is None else route.dialect


def middlewares(settings: HttpSettings, desk: Desk) -> list[Middleware]:
    """Outermost first; those that these settings leave without work are left out."""
    chain: list[Middleware] = [believe_proxies] if settings.trusted_proxies else []
    chain += [identify(desk), answer_errors]
    chain += [answer_preflights] if settings.allowed_origins else []
    return [*chain, authenticate(desk)]
