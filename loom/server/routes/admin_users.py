"""`/api/admin/users`: accounts, in the hands of the server's admins."""

from aiohttp import web
from msgspec.structs import replace

from loom.api.admin import (
    MAX_PAGE,
    Account,
    AccountPage,
    AccountsAsked,
    Impersonation,
    RolesChange,
)
from loom.api.times import rfc3339
from loom.api.users import Deleted
from loom.server import accounts, deletions, impersonation
from loom.server.access import Resource, require
from loom.server.areas import Area
from loom.server.auth.login_sessions import Origin
from loom.server.door import audit, principal_of
from loom.server.errors import Refused
from loom.server.keys import CLOCK, DATABASE, THREADS
from loom.server.responses import json_body, json_response, query_of
from loom.server.routes.finding import person_of, rights_changed
from loom.server.routing import Access, Route
from loom.server.threads import quota


async def page(request: web.Request) -> web.Response:
    """Accounts, newest first."""
    asked = query_of(request, AccountsAsked)
    if not 1 <= asked.limit <= MAX_PAGE:
        raise Refused(400, "invalid_request", f"limit must be from 1 to {MAX_PAGE}")
    found = request.app[DATABASE].read(lambda c: accounts.page(c, asked))
    return json_response(
        replace(found, users=tuple(_weighed(request, each) for each in found.users))
    )


async def set_roles(request: web.Request) -> web.Response:
    """What the person may on the whole server."""
    user_id, asked = request.match_info["user"], await json_body(request, RolesChange)
    now = request.app[CLOCK]()
    account = await request.app[DATABASE].write(
        lambda c: accounts.set_roles(c, user_id, asked.roles, now)
    )
    rights_changed(request)
    audit(request, "admin.roles", resource=f"user:{user_id}", roles=" ".join(account.roles))
    return json_response(_weighed(request, account))


async def delete(request: web.Request) -> web.Response:
    """Takes an account out of use, for 90 days to be restored."""
    user_id, now = request.match_info["user"], request.app[CLOCK]()
    deleted = await request.app[DATABASE].write(
        lambda c: deletions.delete_user(c, user_id, now, may_return=False)
    )
    rights_changed(request)
    audit(request, "admin.user_delete", resource=f"user:{user_id}")
    return json_response(deleted)


async def restore(request: web.Request) -> web.Response:
    """Takes a deleted account back into use."""
    user_id, now = request.match_info["user"], request.app[CLOCK]()
    await request.app[DATABASE].write(lambda c: deletions.restore_user(c, user_id, now))
    rights_changed(request)
    audit(request, "admin.user_restore", resource=f"user:{user_id}")
    account = request.app[DATABASE].read(lambda c: accounts.find(c, user_id))
    return json_response(_weighed(request, account))


async def impersonate(request: web.Request) -> web.Response:
    """A token that stands for the user for an hour; not for another admin."""
    admin_id, user_id = person_of(request), request.match_info["user"]
    account = request.app[DATABASE].read(lambda c: accounts.find(c, user_id))
    is_admin = "system_admin" in account.roles
    require(principal_of(request), "impersonate", Resource("user", user_id, is_admin=is_admin))
    if account.gone_at:
        raise Refused(409, "conflict", "this account was deleted", "Restore it first.")
    now = request.app[CLOCK]()
    origin = Origin(request.remote or "", request.headers.get("User-Agent", ""))
    token, ends_at = await request.app[DATABASE].write(
        lambda c: impersonation.start(c, admin_id, user_id, now, origin)
    )
    audit(request, "admin.impersonate", resource=f"user:{user_id}")
    return json_response(Impersonation(user_id, token.expose(), rfc3339(ends_at)), 201)


def _weighed(request: web.Request, account: Account) -> Account:
    """With what is kept for the person."""
    stored = request.app[THREADS].read(lambda c: quota.used(c, account.id))
    return replace(account, stored=stored)


_USERS = "/api/admin/users"
_ONE = f"{_USERS}/{{user}}"

ROUTES = (
    Route("GET", _USERS, page, Access.ADMIN, asks=AccountsAsked, gives=AccountPage),
    Route("PUT", f"{_ONE}/roles", set_roles, Access.ADMIN, takes=RolesChange, gives=Account),
    Route("DELETE", _ONE, delete, Access.ADMIN, gives=Deleted),
    Route("POST", f"{_ONE}/restore", restore, Access.ADMIN, gives=Account),
    Route("POST", f"{_ONE}/impersonate", impersonate, Access.ADMIN, gives=Impersonation),
)

AREA = Area(lambda app: ROUTES)
