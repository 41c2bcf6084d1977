"""The door: who is calling, and whether this route is for them. What is not open is closed."""

from aiohttp import web
from aiohttp.typedefs import Middleware

from loom.core.errors import AuthError
from loom.server import cookies
from loom.server.access import Denied
from loom.server.auth.authenticator import Authenticator
from loom.server.auth.credentials import COOKIE
from loom.server.caller import principal_of
from loom.server.deeds import audit, audited
from loom.server.desk import DESK, Desk
from loom.server.errors import Refused
from loom.server.keys import AUTHENTICATOR, PRINCIPAL
from loom.server.own_origin import own_origin
from loom.server.principal import STRANGER, Principal, PrincipalKind
from loom.server.routing import Access, Handler, Route

__all__ = ["audit", "authenticate", "own_origin", "principal_of", "still"]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def authenticate(desk: Desk) -> Middleware:
    """Finds the Principal and lets through whom the route is for; unknown paths need one too."""

    @web.middleware
    async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
        route = desk.route(request)
        token, known = _token(request, route), desk.authenticator
        principal = known.remembered(token) if token else None
        if principal is None:
            principal = await _principal(known, request, route, token)
        request[PRINCIPAL] = principal
        try:
            _require_own_page(request, principal)
            _require_class(request, route, principal)
        except Refused as refusal:
            audit(request, "access.denied", "denied", status=refusal.status)
            raise
        try:
            return await audited(desk, request, route, handler)
        except Denied as denial:
            facts = {"status": denial.status, "action": denial.action}
            audit(request, "access.denied", "denied", denial.resource, **facts)
            raise

    return authenticated


async def _principal(
    authenticator: Authenticator, request: web.Request, route: Route | None, token: str
) -> Principal:
    if token:
        return await authenticator.principal(token) or STRANGER
    if route is not None and route.is_cross_site:
        return STRANGER
    if cookie := cookies.shown(request, COOKIE):
        return await authenticator.principal(cookie, is_cookie=True) or STRANGER
    return STRANGER


def still(request: web.Request) -> Principal | None:
    """Whom what the request showed stands for now; None when that has ended meanwhile."""
    authenticator = request.app[AUTHENTICATOR]
    if token := _token(request, request.app[DESK].route(request)):
        return authenticator.holds(token)
    return authenticator.holds(cookies.shown(request, COOKIE), is_cookie=True)


def _require_own_page(request: web.Request, principal: Principal) -> None:
    """A browser sends its cookie whoever wrote the page: a write must come from our own.

    A WebSocket is a write, for which browsers ask nobody's leave (RFC 6455 §10.2).
    """
    if not principal.is_cookie:
        return
    if request.method not in _SAFE_METHODS or "Upgrade" in request.headers:
        require_own_page(request)


def require_own_page(request: web.Request) -> None:
    """Raises Refused (403) unless the browser says that a page of ours made the request.

    `Sec-Fetch-Site` and `Origin` cannot be set by a page's script (Fetch Standard, forbidden
    request-headers); a browser that sends neither with a write is refused.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if origin is not None and origin != own_origin(request):
        raise Refused(403, "forbidden", "this request came from another site's page")
    if site not in ("same-origin", None) or (site is None and origin is None):
        raise Refused(403, "forbidden", "this request does not say that our own page made it")


def _require_class(request: web.Request, route: Route | None, principal: Principal) -> None:
    if route is not None and route.access is Access.PUBLIC:
        return
    if route is None and isinstance(request.match_info.http_exception, web.HTTPMethodNotAllowed):
        # Which methods a path has is in the API's description, for everybody to read.
        return
    if not principal.is_signed_in:
        audit(request, "access.denied", "denied", status=401)
        raise AuthError(
            "A Loom token is missing or wrong, or its time is over.",
            "Sign in with loom login; a program sets LOOM_TOKEN (Authorization, scheme Bearer).",
        )
    if route is None or principal.is_system_admin:
        return
    if route.access is Access.ADMIN and not principal.global_roles & route.roles:
        # In the words for a path that is not there.
        raise Refused(404, "not_found", "Not Found")
    if principal.is_impersonating:
        _require_harmless(request, route)
    if principal.kind is PrincipalKind.API_KEY:
        _require_scope(route, principal)


def _require_harmless(request: web.Request, route: Route) -> None:
    """What is a person's own to do (no API key may) is not done by an admin in their place."""
    is_own = route.scope is None and request.method not in _SAFE_METHODS
    if is_own and not route.is_for_impersonators:
        hint = "End it first: loom admin impersonate --stop"
        raise Refused(403, "forbidden", "nobody does this while impersonating", hint)


def _require_scope(route: Route, principal: Principal) -> None:
    if route.scope is None:
        raise Refused(403, "forbidden", "no API key may do this", "Sign in as a person: loom login")
    if principal.scopes is not None and route.scope not in principal.scopes:
        raise Refused(
            403,
            "forbidden",
            f"this API key has not the scope {route.scope}",
            f"Make one that has: loom api-key create NAME --scope {route.scope}",
        )


def _token(request: web.Request, route: Route | None) -> str:
    """The bearer token; on Anthropic's wire, where there is none, the API key."""
    header = request.headers.get("Authorization", "")
    if header[:7].lower() == "bearer ":
        return header[7:].strip()
    if route is not None and route.dialect == "anthropic":
        return request.headers.get("x-api-key", "")
    return ""
