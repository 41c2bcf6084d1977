"""A provider's accounts: which one comes next, how many requests run, who waits."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import blake2b

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.server.llm.base import PoolSettings
from loom.server.provider_pool.account import Account

_BUSY_RETRY_AFTER = 1.0


class AccountPool:
    """Chooses accounts.

    Args:
        accounts: at least one.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        name: str,
        accounts: Sequence[Account],
        settings: PoolSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.accounts = tuple(accounts)
        self.settings = settings
        self.clock = clock
        self.running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_single(self) -> bool:
        """There is nothing to choose from."""
        return len(self.accounts) == 1

    @cached_property
    def is_configured(self) -> bool:
        """Some account could be sent a request."""
        return any(each.is_configured for each in self.accounts)

    @property
    def waiting(self) -> int:
        """Requests that wait for a place."""
        return len(self._waiting)

    async def take(self, model: str, thread: str) -> Account:
        """An account with a place, which the caller gives back.

        Raises:
            ProviderError: no account may serve now, or too many wait already.
        """
        account = None if self._waiting else self.take_now(model, thread)
        if account is not None:
            return account
        is_first_try = True
        deadline = self.clock() + self.settings.timeout_queue
        while account is None:
            self._require_any(model)
            await self._place(deadline, is_first_try=is_first_try)
            is_first_try = False
            account = self.take_now(model, thread)
        return account

    def take_now(self, model: str, thread: str, without: Sequence[Account] = ()) -> Account | None:
        """An account that may serve at once and is none of `without`."""
        if 0 < self.settings.max_concurrent <= self.running:
            return None
        now = self.clock()
        free = [
            each
            for each in self.accounts
            if not each.wait(model, now) and not each.is_full and each not in without
        ]
        if not free:
            return None
        account = free[0] if len(free) == 1 else self._chosen(free, thread)
        account.take()
        self.running += 1
        return account

    def give_back(self, account: Account) -> None:
        """A request is over: whoever waits first may look."""
        account.give_back()
        self.running -= 1
        self._wake()

    def _chosen(self, free: Sequence[Account], thread: str) -> Account:
        """The conversation's own account, which has its prompt cache; else by the strategy."""
        if self.settings.strategy == "first_available":
            return free[0]
        if thread:
            return max(free, key=lambda each: _score(thread, each))
        return _next(free)

    def _require_any(self, model: str) -> None:
        """Raises ProviderError when waiting for a place would be of no use."""
        now = self.clock()
        soonest = min(each.wait(model, now) for each in self.accounts)
        if soonest <= 0:
            return
        raise ProviderError(unavailable(self.name, self.accounts, soonest))

    async def _place(self, deadline: float, *, is_first_try: bool) -> None:
        """Waits until somebody leaves; raises ProviderError when that takes too long."""
        if is_first_try and len(self._waiting) >= self.settings.max_queued:
            raise ProviderError(self._busy())
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._waiting.append if is_first_try else self._waiting.appendleft)(place)
        try:
            async with asyncio.timeout(max(0.0, deadline - self.clock())):
                await place
        except BaseException as error:
            self._leave_queue(place)
            if isinstance(error, TimeoutError):
                raise ProviderError(self._busy()) from error
            raise

    def _leave_queue(self, place: asyncio.Future[None]) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
        elif not place.cancelled():
            # It was woken and does not look: the next one must not sleep on.
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return

    def _busy(self) -> LlmError:
        text = (
            f"{self.name} is busy: {self.running} requests run and {len(self._waiting)} wait,"
            " which is all that the server allows"
        )
        hint = "Try again in a moment, or let the operator raise max_concurrent or max_queued."
        return LlmError(text, "rate_limited", _BUSY_RETRY_AFTER, 429, hint=hint)


def unavailable(provider: str, accounts: Sequence[Account], soonest: float) -> LlmError:
    """That no account may serve, with how long the first one rests."""
    why = next((each.last_error for each in accounts if each.last_error), "")
    count = "the account" if len(accounts) == 1 else f"all {len(accounts)} accounts"
    text = f"{count} of {provider} cannot serve now" + (f"; the last said: {why}" if why else "")
    if soonest == math.inf:
        hint = "The operator must mend the keys and reload the server."
        return LlmError(text, "auth", status=502, hint=hint)
    if any(each.is_resting for each in accounts):
        return LlmError(text, "rate_limited", soonest, 429)
    return LlmError(text, "transient", soonest, 503)


def _next(free: Sequence[Account]) -> Account:
    """Round robin by weight, spread evenly: everybody gains its weight, the richest pays all."""
    for each in free:
        each.turn += each.weight
    chosen = max(free, key=lambda each: each.turn)
    chosen.turn -= sum(each.weight for each in free)
    return chosen


def _score(thread: str, account: Account) -> float:
    """Rendezvous hashing: when an account goes, only its own conversations move."""
    data = f"{thread}\0{account.name}".encode("utf-8", "surrogatepass")
    value = int.from_bytes(blake2b(data, digest_size=4).digest())
    return -account.weight / math.log((value + 1) / 0x1_0000_0001)
