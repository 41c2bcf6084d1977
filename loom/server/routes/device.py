"""The device flow. Source: RFC 8628 (the wire), RFC 6749 §5.2 (errors)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from loom.api.login import DeviceError, DeviceStart, DeviceToken
from loom.server.areas import Area
from loom.server.audit.event import Outcome
from loom.server.auth import device_codes
from loom.server.auth.credentials import LOGIN_LIFETIME_MS
from loom.server.auth.device_codes import INTERVAL_MS, LIFETIME_MS, Asking, as_user_code
from loom.server.door import audit, own_origin, principal_of
from loom.server.errors import Refused
from loom.server.keys import CLOCK, DATABASE, RATE_LIMITS
from loom.server.login.limits import (
    DEVICES_STARTED,
    WRONG_DEVICE_CODES,
    WRONG_USER_CODES,
    require_rate,
)
from loom.server.login.web_sessions import origin_of
from loom.server.pages.device import code_page, decided_page, decision_page
from loom.server.pages.forms import read_fields, read_form
from loom.server.responses import json_response
from loom.server.routing import Access, Route

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CLIENTS = {"loom-cli": "Loom", "loom-editor": "Loom in an editor"}
"""Public clients by `client_id`; who they are is their own word."""

LONGEST_NAME = 60
NO_SUCH_CODE = "No device waits with this code. Codes hold ten minutes: does it show a newer one?"


async def start(request: web.Request) -> web.Response:
    """Device authorization request (§3.1). `device_name` is ours: what the device calls itself."""
    require_rate(request, DEVICES_STARTED)
    fields = await read_fields(request)
    client_id, now, ip = fields.get("client_id", ""), request.app[CLOCK](), request.remote or ""
    if client_id not in CLIENTS:
        return _error("invalid_client", "client_id is none that this server knows", 401)
    client = _client(fields)
    made = await request.app[DATABASE].write(
        lambda c: device_codes.create(c, client_id, client, ip, now)
    )
    if made is None:
        raise Refused(503, "overloaded", "Too many devices wait.", "Try again.", retry_after=60)
    device_code, user_code = made
    page = f"{own_origin(request)}/device"
    return _answer(
        DeviceStart(
            device_code.expose(),
            user_code,
            page,
            f"{page}?{urlencode({'user_code': user_code})}",
            LIFETIME_MS // 1000,
            INTERVAL_MS // 1000,
        )
    )


async def poll(request: web.Request) -> web.Response:
    """Device access token request (§3.4)."""
    fields, now, origin = await read_fields(request), request.app[CLOCK](), origin_of(request)
    if fields.get("grant_type") != GRANT:
        return _error("unsupported_grant_type", f"grant_type is not {GRANT}")
    client_id = fields.get("client_id", "")
    if client_id not in CLIENTS:
        return _error("invalid_client", "client_id is none that this server knows", 401)
    code = fields.get("device_code", "")
    if not code:
        return _error("invalid_request", "device_code is missing")
    found = await request.app[DATABASE].write(
        lambda c: device_codes.redeem(c, code, client_id, now, origin)
    )
    if isinstance(found, str):
        if found == "invalid_grant":
            require_rate(request, WRONG_DEVICE_CODES)
        return _error(found, _SAYS[found])
    audit(request, "auth.login", resource=f"user:{found.user_id}", provider="device")
    return _answer(DeviceToken(found.token.expose(), "Bearer", LOGIN_LIFETIME_MS // 1000))


_SAYS = {
    "authorization_pending": "nobody has approved it yet",
    "slow_down": "wait five seconds more between polls",
    "access_denied": "the person denied it",
    "expired_token": "the code has run out",
    "invalid_grant": "there is no such device code, or it was used",
}


async def show(request: web.Request) -> web.Response:
    """Asks for the code, or shows what waits with the one in the address."""
    _person(request)
    typed = request.query.get("user_code", "")
    return _shown(request, typed) if typed else code_page(request)


async def enter(request: web.Request) -> web.Response:
    """The code was typed."""
    _person(request)
    return _shown(request, (await read_form(request)).get("user_code", ""))


async def decide(request: web.Request) -> web.Response:
    """Approves or denies."""
    user_id, fields, now = _person(request), await read_form(request), request.app[CLOCK]()
    code, is_approved = (
        as_user_code(fields.get("user_code", "")),
        fields.get("decision") == "approve",
    )
    require_rate(request, WRONG_USER_CODES, user_id)
    asking = await request.app[DATABASE].write(
        lambda c: device_codes.decide(c, code, user_id, now, is_approved=is_approved)
    )
    if asking is None:
        return code_page(request, NO_SUCH_CODE, 404)
    request.app[RATE_LIMITS].give_back(WRONG_USER_CODES, user_id)
    outcome: Outcome = "ok" if is_approved else "denied"
    audit(request, "auth.device", outcome, device=asking.client, device_ip=asking.ip)
    return decided_page(request, is_approved)


def _shown(request: web.Request, typed: str) -> web.Response:
    code, now, user_id = as_user_code(typed), request.app[CLOCK](), principal_of(request).user_id
    require_rate(request, WRONG_USER_CODES, user_id)
    found: Asking | None = request.app[DATABASE].read(lambda c: device_codes.asking(c, code, now))
    if found is None:
        return code_page(request, NO_SUCH_CODE, 404)
    request.app[RATE_LIMITS].give_back(WRONG_USER_CODES, user_id)
    return decision_page(request, found)


def _person(request: web.Request) -> str:
    user_id = principal_of(request).user_id
    if not user_id:
        raise Refused(403, "forbidden", "only a person signs a device in")
    return user_id


def _client(fields: Mapping[str, str]) -> str:
    name = "".join(each for each in fields.get("device_name", "") if each.isprintable())
    known = CLIENTS[fields["client_id"]]
    return f"{known} on {name.strip()[:LONGEST_NAME]}" if name.strip() else known


def _answer(value: object, status: int = 200) -> web.Response:
    response = json_response(value, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _error(code: str, description: str, status: int = 400) -> web.Response:
    return _answer(DeviceError(code, description), status)


ROUTES = (
    Route("POST", "/auth/device/start", start, Access.PUBLIC, gives=DeviceStart),
    Route("POST", "/auth/device/poll", poll, Access.PUBLIC, gives=DeviceToken),
    Route("GET", "/device", show, Access.SIGNED_IN),
    Route("POST", "/device", enter, Access.SIGNED_IN),
    Route("POST", "/device/decision", decide, Access.SIGNED_IN),
)

AREA = Area(lambda app: ROUTES)
