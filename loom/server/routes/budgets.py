"""Budgets: an organization's for its admins, the server's for system admins, one's own to see."""

from collections.abc import Sequence

from aiohttp import web

from loom.api import budgets as wire
from loom.api.times import rfc3339
from loom.server.areas import Area
from loom.server.door import audit, principal_of
from loom.server.keys import BOOKS, CLOCK, DATABASE
from loom.server.principal import PrincipalKind
from loom.server.responses import json_body, json_response
from loom.server.routes.finding import org_for
from loom.server.routing import Access, Route
from loom.server.spending import budgets, subjects
from loom.server.spending.budgets import Budget
from loom.server.spending.counters import Counter
from loom.server.spending.periods import DAY_MS
from loom.server.spending.prices import NANO


async def mine(request: web.Request) -> web.Response:
    """Those that bind the caller, with what is spent of the caller's own share."""
    principal = principal_of(request)
    key = principal.credential_id if principal.kind is PrincipalKind.API_KEY else ""
    ledger, places = request.app[BOOKS].ledger, {"", *principal.org_roles}
    binding = [
        (budget, ledger.share(budget, budget.share(principal.user_id, key)))
        for budget in ledger.budgets
        if budget.org in places and budget.is_of(principal.user_id, key)
    ]
    return json_response(wire.BudgetList(tuple(_seen(*each) for each in binding)))


async def of_org(request: web.Request) -> web.Response:
    """The organization's, for its admins."""
    return _listed(request, org_for(request, "manage").id)


async def of_server(request: web.Request) -> web.Response:
    """Those over all organizations."""
    return _listed(request, "")


async def put_of_org(request: web.Request) -> web.Response:
    """Sets one of the organization's."""
    return await _put(request, org_for(request, "manage").id)


async def put_of_server(request: web.Request) -> web.Response:
    """Sets one over all organizations."""
    return await _put(request, "")


async def delete_of_org(request: web.Request) -> web.Response:
    """Nothing is bound by it any more."""
    return await _delete(request, org_for(request, "manage").id)


async def delete_of_server(request: web.Request) -> web.Response:
    """Nothing is bound by it any more."""
    return await _delete(request, "")


def _listed(request: web.Request, org: str) -> web.Response:
    found = [each for each in request.app[BOOKS].ledger.budgets if each.org == org]
    return json_response(wire.BudgetList(_all_seen(request, found)))


def _all_seen(request: web.Request, found: Sequence[Budget]) -> tuple[wire.Budget, ...]:
    names = request.app[DATABASE].read(lambda c: subjects.names(c, found))
    ledger = request.app[BOOKS].ledger
    return tuple(_seen(each, ledger.fullest(each), names.get(each.subject, "")) for each in found)


async def _put(request: web.Request, org: str) -> web.Response:
    asked = await json_body(request, wire.NewBudget)
    principal, now = principal_of(request), request.app[CLOCK]()
    subject = request.app[DATABASE].read(
        lambda c: subjects.subject_of(c, org, asked.scope, asked.subject, now)
    )
    limit, what = round(asked.limit_usd * NANO), (asked.scope, subject, asked.model, asked.period)
    budget = Budget("", org, *what, asked.is_hard, limit, asked.contact)
    made = await request.app[DATABASE].write(
        lambda c: budgets.put(c, budget, principal.user_id, now)
    )
    await request.app[BOOKS].load()
    audit(request, "budget.set", resource=f"budget:{made.id}", limit_usd=asked.limit_usd)
    return json_response(_all_seen(request, [made])[0])


async def _delete(request: web.Request, org: str) -> web.Response:
    budget_id = request.match_info["budget"]
    await request.app[DATABASE].write(lambda c: budgets.remove(c, org, budget_id))
    await request.app[BOOKS].load()
    audit(request, "budget.delete", resource=f"budget:{budget_id}")
    return web.Response(status=204)


def _seen(budget: Budget, counter: Counter, name: str = "") -> wire.Budget:
    return wire.Budget(
        budget.id,
        budget.org,
        budget.scope,
        budget.subject,
        budget.model,
        budget.period,
        budget.is_hard,
        budget.limit_nano / NANO,
        counter.spent / NANO,
        counter.reserved / NANO,
        rfc3339(counter.ends * DAY_MS),
        budget.contact,
        name,
    )


_ORG, _SERVER = "/api/orgs/{org}/budgets", "/api/admin/budgets"

ROUTES = (
    Route("GET", "/api/budgets", mine, Access.SIGNED_IN, scope="llm:use", gives=wire.BudgetList),
    Route("GET", _ORG, of_org, Access.SIGNED_IN, gives=wire.BudgetList),
    Route("PUT", _ORG, put_of_org, Access.SIGNED_IN, takes=wire.NewBudget, gives=wire.Budget),
    Route("DELETE", _ORG + "/{budget}", delete_of_org, Access.SIGNED_IN),
    Route("GET", _SERVER, of_server, Access.ADMIN, gives=wire.BudgetList),
    Route("PUT", _SERVER, put_of_server, Access.ADMIN, takes=wire.NewBudget, gives=wire.Budget),
    Route("DELETE", _SERVER + "/{budget}", delete_of_server, Access.ADMIN),
)

AREA = Area(lambda app: ROUTES)
