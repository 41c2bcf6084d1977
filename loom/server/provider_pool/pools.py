"""The accounts of every provider, and their replacement while requests run."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from loom.server.llm.base import LocalProvider, Provider
from loom.server.llm.providers import make_provider
from loom.server.provider_pool.account import Account
from loom.server.provider_pool.pool import AccountPool


class AccountPools:
    """By provider's name.

    Args:
        providers: one each; its settings say which accounts it has.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._pools: dict[str, AccountPool] = {}
        self.replace(providers)

    def __getitem__(self, name: str) -> AccountPool:
        return self._pools[name]

    def __iter__(self) -> Iterator[AccountPool]:
        return iter(self._pools.values())

    def replace(self, providers: Mapping[str, Provider]) -> None:
        """Takes these settings for new requests; those that run end where they began.

        An account whose settings are the same goes on being the same, with a clean record.
        """
        self._pools = {
            name: self._pool(provider, self._pools.get(name))
            for name, provider in providers.items()
        }

    def _pool(self, provider: Provider, before: AccountPool | None) -> AccountPool:
        settings = provider.settings
        known = {account.name: account for account in before.accounts} if before else {}
        accounts = [_same(known.get(each.name), each) for each in _accounts(provider)]
        return AccountPool(settings.name, accounts, settings.pool, self._clock)


def _same(old: Account | None, new: Account) -> Account:
    if old is None or old.provider.settings != new.provider.settings:
        return new
    old.weight, old.max_concurrent = new.weight, new.max_concurrent
    old.revive()
    return old


def _accounts(provider: Provider) -> Iterator[Account]:
    settings = provider.settings
    if isinstance(provider, LocalProvider) or not settings.accounts:
        yield Account("default", provider)
        return
    for each in settings.accounts:
        own = replace(
            settings,
            api_key=each.api_key,
            base_url=each.base_url or settings.base_url,
            accounts=(),
        )
        yield Account(each.name, make_provider(own), each.weight, each.max_concurrent)
