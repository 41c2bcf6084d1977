"""`/api/admin/accounts`: the health of the providers' accounts."""

from collections.abc import Iterator

from aiohttp import web

from loom.api.provider_accounts import ModelRest, ProviderAccount, ProviderAccounts
from loom.api.times import rfc3339
from loom.server.areas import Area
from loom.server.door import audit
from loom.server.errors import Refused
from loom.server.keys import ACCOUNTS, CLOCK
from loom.server.provider_pool.account import Account
from loom.server.provider_pool.pool import AccountPool
from loom.server.responses import json_response
from loom.server.routing import Access, Route


async def listed(request: web.Request) -> web.Response:
    """Every account and how it fares."""
    return json_response(ProviderAccounts(tuple(_all(request))))


async def revive(request: web.Request) -> web.Response:
    """Forgets what is held against one account, as reading the settings anew would."""
    name, provider = request.match_info["account"], request.match_info["provider"]
    for pool in request.app[ACCOUNTS]:
        for account in pool.accounts:
            if (pool.name, account.name) == (provider, name):
                account.revive()
                audit(request, "account.revive", resource=f"account:{provider}/{name}")
                return json_response(_told(request, pool, account))
    raise Refused(404, "not_found", f"{provider!r} has no account {name!r}")


def _all(request: web.Request) -> Iterator[ProviderAccount]:
    for pool in request.app[ACCOUNTS]:
        if pool.is_configured:
            yield from (_told(request, pool, account) for account in pool.accounts)


def _told(request: web.Request, pool: AccountPool, account: Account) -> ProviderAccount:
    now, now_ms = pool.clock(), request.app[CLOCK]()
    rests = {
        model: rfc3339(now_ms + round(seconds * 1000))
        for model, seconds in account.rests(now).items()
    }
    whole = rests.pop("", "")
    return ProviderAccount(
        pool.name,
        account.name,
        account.state(now),
        account.running,
        account.served,
        account.failed,
        whole,
        tuple(ModelRest(model, until) for model, until in rests.items()),
        account.last_error,
    )


ROUTES = (
    Route("GET", "/api/admin/accounts", listed, Access.ADMIN, gives=ProviderAccounts),
    Route(
        "POST",
        "/api/admin/accounts/{provider}/{account}/revive",
        revive,
        Access.ADMIN,
        gives=ProviderAccount,
    ),
)

AREA = Area(lambda app: ROUTES)
