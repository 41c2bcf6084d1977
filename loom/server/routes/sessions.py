"""`/api/sessions` and signing out."""

from aiohttp import web

from loom.api.login import SessionInfo, SessionList
from loom.api.times import rfc3339
from loom.server import cookies
from loom.server.access import Resource, not_there
from loom.server.areas import Area
from loom.server.auth import login_sessions
from loom.server.auth.credentials import COOKIE
from loom.server.auth.login_sessions import Row
from loom.server.door import audit, principal_of
from loom.server.keys import AUTHENTICATOR, CLOCK, DATABASE
from loom.server.pages.errors import is_for_a_person
from loom.server.pages.forms import read_form
from loom.server.responses import json_response, see_other
from loom.server.routing import Access, Route


async def sessions(request: web.Request) -> web.Response:
    """Where the caller is signed in."""
    current = principal_of(request).credential_id
    return json_response(SessionList(tuple(_info(row, current) for row in rows_of(request))))


async def end(request: web.Request) -> web.Response:
    """Signs one of the caller's sessions out."""
    session_id = request.match_info["session"]
    if not await end_session(request, session_id):
        raise not_there(Resource("user", f"session {session_id}"))
    return web.Response(status=204)


async def logout(request: web.Request) -> web.Response:
    """Ends the session whose credential was shown; a browser comes from a form of ours."""
    principal = principal_of(request)
    if principal.is_cookie and is_for_a_person(request):
        await read_form(request)
    await end_session(request, principal.credential_id, "auth.logout")
    response = see_other("/login") if is_for_a_person(request) else web.Response(status=204)
    cookies.drop(request, response, COOKIE)
    return response


def rows_of(request: web.Request) -> list[Row]:
    """The caller's sessions, the last used first."""
    user_id, now = principal_of(request).user_id, request.app[CLOCK]()
    return request.app[DATABASE].read(lambda c: login_sessions.of_user(c, user_id, now))


async def end_session(request: web.Request, session_id: str, kind: str = "session.end") -> bool:
    """Signs out one of the caller's own; False when they have none of this id."""
    user_id = principal_of(request).user_id
    is_ended = await request.app[DATABASE].write(
        lambda c: login_sessions.end(c, session_id, user_id)
    )
    if is_ended:
        request.app[AUTHENTICATOR].forget()
        audit(request, kind, resource=f"session:{session_id}")
    return is_ended


async def end_others(request: web.Request) -> int:
    """Signs the caller out everywhere else; how many sessions that were."""
    principal = principal_of(request)
    count = await request.app[DATABASE].write(
        lambda c: login_sessions.end_all(c, principal.user_id, principal.credential_id)
    )
    request.app[AUTHENTICATOR].forget()
    audit(request, "session.end_others", count=count)
    return count


def _info(row: Row, current: str) -> SessionInfo:
    times = (rfc3339(row.created_at), rfc3339(row.last_used_at), rfc3339(row.expires_at))
    return SessionInfo(row.id, row.kind, *times, row.ip, row.user_agent, row.id == current)


ROUTES = (
    Route("GET", "/api/sessions", sessions, Access.SIGNED_IN, gives=SessionList),
    Route("DELETE", "/api/sessions/{session}", end, Access.SIGNED_IN),
    Route("POST", "/auth/logout", logout, Access.SIGNED_IN, is_for_impersonators=True),
)


AREA = Area(lambda app: ROUTES)
