"""Flags and kill switches of the platform, and of an organization, by who looks after it."""

from aiohttp import web
from msgspec import ValidationError, json
from msgspec.structs import replace

from loom.api.flags import Activation, Flag, FlagList, KillSwitch
from loom.api.times import unix_ms
from loom.server.areas import Area
from loom.server.door import audit, principal_of
from loom.server.errors import Refused
from loom.server.flags import store
from loom.server.keys import CLOCK, DATABASE, FLAGS
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import org_for
from loom.server.routing import Access, Route


async def platform(request: web.Request) -> web.Response:
    """The platform's flags and kill switches."""
    return _listed(request, "")


async def of_org(request: web.Request) -> web.Response:
    """An organization's own."""
    return _listed(request, org_for(request, "read").id)


async def put(request: web.Request) -> web.Response:
    """Makes or replaces a flag of the platform."""
    return await _put(request, "")


async def put_of_org(request: web.Request) -> web.Response:
    """Makes or replaces a flag of an organization."""
    return await _put(request, org_for(request, "manage").id)


async def activate(request: web.Request) -> web.Response:
    """Turns something off for everybody."""
    return await _activate(request, "")


async def activate_of_org(request: web.Request) -> web.Response:
    """Turns something off for an organization."""
    return await _activate(request, org_for(request, "manage").id)


async def deactivate(request: web.Request) -> web.Response:
    """Turns it on again."""
    return await _deactivate(request, "")


async def deactivate_of_org(request: web.Request) -> web.Response:
    """Turns it on again in the organization."""
    return await _deactivate(request, org_for(request, "manage").id)


def _listed(request: web.Request, org: str) -> web.Response:
    flags, switches = request.app[FLAGS].tier(org)
    return json_response(FlagList(tuple(flags.values()), tuple(switches.values())))


async def _put(request: web.Request, org: str) -> web.Response:
    flag = _checked(await json_body(request, Flag), request.match_info["flag"])
    now = request.app[CLOCK]()
    await request.app[DATABASE].write(lambda c: store.put_flag(c, org, flag, now))
    kind = "flag.archived" if flag.is_archived else "flag.updated"
    audit(request, kind, resource=f"flag:{flag.key}", tier=org or "platform")
    request.app[FLAGS].load(request.app[DATABASE])
    return json_response(flag)


def _checked(flag: Flag, key: str) -> Flag:
    names = [variant.name for variant in flag.variants]
    problem = ""
    if flag.key != key:
        problem = f"the path names {key}, the body {flag.key}"
    elif len(set(names)) != len(names):
        problem = "two variants have the same name"
    elif flag.default_variant not in names:
        problem = f"default_variant {flag.default_variant!r} is none of the variants"
    elif any(each.flag == flag.key for each in flag.prerequisites):
        problem = "the flag is its own prerequisite"
    if problem:
        raise Refused(400, "invalid_request", f"not a Flag: {problem}")
    for config in flag.environments.values():
        for step in config.strategy.schedule if config.strategy else ():
            unix_ms(step.at)
    return flag


async def _activate(request: web.Request, org: str) -> web.Response:
    asked, now = await json_body(request, Activation), request.app[CLOCK]()
    who = principal_of(request).actor_id
    switch = _new_switch(request, org, asked.reason, asked.flags, who)
    await request.app[DATABASE].write(lambda c: store.put_switch(c, switch, now))
    return _switched(request, switch, "killswitch.activated")


async def _deactivate(request: web.Request, org: str) -> web.Response:
    key = request.match_info["switch"]
    known = request.app[FLAGS].tier(org)[1].get(key)
    if known is None or not known.is_active:
        hint = "loom flags list names those that are."
        raise Refused(409, "conflict", f"no kill switch {key[:100]} is active", hint)
    switch = replace(known, is_active=False, activated_by="", activated_at="")
    await request.app[DATABASE].write(lambda c: store.put_switch(c, switch, None))
    return _switched(request, switch, "killswitch.deactivated")


def _new_switch(
    request: web.Request, org: str, reason: str, flags: tuple[str, ...], who: str
) -> KillSwitch:
    made = KillSwitch(request.match_info["switch"], True, reason, flags, org, who)
    try:
        # The path's word keeps the rules of a key.
        return json.decode(json.encode(made), type=KillSwitch)
    except ValidationError as error:
        hint = "Lower-case words with dots between, such as provider.anthropic."
        raise Refused(400, "invalid_request", f"not a kill switch: {error}", hint) from error


def _switched(request: web.Request, switch: KillSwitch, kind: str) -> web.Response:
    facts = {"tier": switch.org or "platform", "reason": switch.reason}
    audit(request, kind, "ok", f"kill_switch:{switch.key}", **facts)
    request.app[FLAGS].load(request.app[DATABASE])
    return json_response(request.app[FLAGS].tier(switch.org)[1][switch.key])


_ADMIN, _ORG = "/api/admin", "/api/orgs/{org}"
_SWITCH = "/kill-switches/{switch}"
_MINE, _ADMINS = Access.SIGNED_IN, Access.ADMIN

ROUTES = (
    Route("GET", f"{_ADMIN}/flags", platform, _ADMINS, gives=FlagList),
    Route("PUT", f"{_ADMIN}/flags/{{flag}}", put, _ADMINS, takes=Flag, gives=Flag),
    Route(
        *("POST", f"{_ADMIN}{_SWITCH}/activate", activate, _ADMINS),
        takes=Activation,
        gives=KillSwitch,
    ),
    Route("POST", f"{_ADMIN}{_SWITCH}/deactivate", deactivate, _ADMINS, gives=KillSwitch),
    Route("GET", f"{_ORG}/flags", of_org, _MINE, gives=FlagList),
    Route("PUT", f"{_ORG}/flags/{{flag}}", put_of_org, _MINE, takes=Flag, gives=Flag),
    Route(
        *("POST", f"{_ORG}{_SWITCH}/activate", activate_of_org, _MINE),
        takes=Activation,
        gives=KillSwitch,
    ),
    Route("POST", f"{_ORG}{_SWITCH}/deactivate", deactivate_of_org, _MINE, gives=KillSwitch),
)

AREA = Area(lambda app: ROUTES)
