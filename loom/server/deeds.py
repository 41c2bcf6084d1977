"""What requests leave in the audit log: what handlers say, and what is noted of each by itself."""

from aiohttp import web

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.log import request_id
from loom.server.audit.event import AuditEvent, Detail, Outcome
from loom.server.caller import principal_of
from loom.server.chosen_org import org_of
from loom.server.desk import Desk
from loom.server.errors import Refused, provider_status
from loom.server.flags.switchboard import Switchboard
from loom.server.keys import AUDIT, CLOCK, IS_NOTED, LLM_FACTS
from loom.server.principal import Principal, PrincipalKind
from loom.server.routing import Access, Handler, Route

MAX_PATH = 200
MAX_USER_AGENT = 200
CLIENT_GONE = 499
"""The status of a request whose client went away before its answer; nginx's number."""

_CREDENTIALS_IN_PATHS = frozenset({"token", "key", "code", "secret"})


def audit(
    request: web.Request, kind: str, outcome: Outcome = "ok", resource: str = "", **details: Detail
) -> None:
    """Notes in the audit log what the request's principal did, or was not let do."""
    request[IS_NOTED] = True
    _add(request, kind, outcome, resource, {**_asked(request), **details})


def _asked(request: web.Request) -> dict[str, Detail]:
    return {"method": request.method, "path": told_path(request)}


def _add(
    request: web.Request, kind: str, outcome: Outcome, resource: str, details: dict[str, Detail]
) -> None:
    app = request.app
    event = _event(request, app[CLOCK](), kind, outcome, resource, details)
    app[AUDIT].add(event)


def _event(
    request: web.Request,
    at: int,
    kind: str,
    outcome: Outcome,
    resource: str,
    details: dict[str, Detail],
) -> AuditEvent:
    principal = principal_of(request)
    return AuditEvent(
        kind,
        at,
        outcome,
        principal.actor_id,
        principal.user_id,
        principal.org_id,
        principal.kind.value,
        principal.credential_id,
        resource,
        request.remote or "",
        request.headers.get("User-Agent", "")[:MAX_USER_AGENT],
        request_id.get(),
        details,
    )


def llm_facts(request: web.Request) -> dict[str, Detail]:
    """What the audit line of this LLM request will say, to be added to: `model`, `failure`."""
    return request[LLM_FACTS]


async def audited(
    desk: Desk, request: web.Request, route: Route | None, handler: Handler
) -> web.StreamResponse:
    """Runs `handler`; LLM requests, uses of keys and acts of admins are noted whatever it does."""
    if route is None:
        return await handler(request)
    if route.scope == "llm:use" and route.method == "POST":
        # Its own line names the key.
        return await _llm(desk, request, handler)
    principal = principal_of(request)
    if principal.kind is PrincipalKind.API_KEY:
        _note_key(desk, request, principal)
    request[IS_NOTED] = False
    response = await handler(request)
    if route.access is Access.ADMIN and not request[IS_NOTED]:
        audit(request, "admin.request", status=response.status)
    return response


def _note_key(desk: Desk, request: web.Request, principal: Principal) -> None:
    if not desk.audit.is_known("key.use", principal.user_id, request.remote or ""):
        audit(request, "key.use", resource=f"api_key:{principal.credential_id}")


async def _llm(desk: Desk, request: web.Request, handler: Handler) -> web.StreamResponse:
    status, provider = CLIENT_GONE, request.path.split("/")[2]
    facts = request[LLM_FACTS] = _asked(request)
    try:
        _require_on(desk.flags, request, provider)
        response = await handler(request)
        status = response.status
        return response
    except ProviderError as error:
        status = provider_status(error.error)
        facts["failure"] = error.error.kind
        raise
    except Refused as refusal:
        status = refusal.status
        raise
    finally:
        is_ok = status < 400 and "failure" not in facts
        facts["status"] = status
        outcome: Outcome = "ok" if is_ok else "failed"
        resource = f"provider:{provider}"
        event = _event(request, desk.clock(), "llm.request", outcome, resource, facts)
        desk.audit.add(event)


def _require_on(flags: Switchboard, request: web.Request, provider: str) -> None:
    """Raises ProviderError (503) when a kill switch has the provider."""
    switch = flags.killed(f"provider.{provider}", org_of(request))
    if switch is not None:
        text = f"{provider} is turned off: {switch.reason}"
        hint = "Choose another model; an admin turns it on again with loom flags restore."
        raise ProviderError(LlmError(text, "not_configured", hint=hint))


def told_path(request: web.Request) -> str:
    """The request's path without what stands in it as a credential."""
    path, found = request.path, request.match_info
    if found:
        for name in _CREDENTIALS_IN_PATHS.intersection(found):
            path = path.replace(found[name], "…")
    return path[:MAX_PATH]
