"""One request's way through a provider's accounts: the next one when the first one fails.

Only while nothing of an answer has reached the client: the wires ask no more after that.
"""

from types import TracebackType
from typing import Self

from loom.core.llm import LlmError
from loom.server.provider_pool.account import Account
from loom.server.provider_pool.pool import AccountPool

MAX_ATTEMPTS = 3
_ELSEWHERE = frozenset({"transient", "rate_limited", "quota", "auth", "invalid_response"})
"""What another account may do better. The rest is the request's own fault."""


class Turn:
    """Holds a place at one account at a time; `with` gives it back.

    Args:
        model, thread: what the choice depends on.
    """

    __slots__ = ("_account", "_model", "_pool", "_refused", "_thread", "_tried")

    def __init__(self, pool: AccountPool, model: str, thread: str = "") -> None:
        self._pool = pool
        self._model = model
        self._thread = thread
        self._tried: list[Account] = []
        self._refused: list[Account] = []
        self._account: Account | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def account_now(self) -> Account | None:
        """The account to ask, where nobody has to wait for it."""
        if self._account is None and not self._pool.waiting:
            self._account = self._pool.take_now(self._model, self._thread)
        return self._account

    async def account(self) -> Account:
        """The account to ask. Raises ProviderError when none may serve, or all are busy."""
        if self._account is None:
            self._account = await self._pool.take(self._model, self._thread)
        return self._account

    def succeeded(self) -> None:
        """The account answers."""
        if self._account is not None:
            self._account.succeed()

    def failed(self, error: LlmError) -> bool:
        """The account does not; whether `account` now gives another one."""
        account = self._account
        if account is None:
            return False
        if error.kind not in _ELSEWHERE:
            account.succeed()
            return False
        now = self._pool.clock()
        # The refusal of one that is alone tells a client more than ours would.
        account.fail(error, self._model, now, is_alone=self._pool.is_single)
        self._tried.append(account)
        if error.kind == "auth":
            self._refused.append(account)
        self._leave()
        if len(self._tried) < MAX_ATTEMPTS:
            self._account = self._pool.take_now(self._model, self._thread, self._tried)
        if self._account is None:
            self._acquit()
        return self._account is not None

    def broke(self, error: LlmError) -> None:
        """The account failed when a part of its answer was out: nobody else is asked."""
        if self._account is None or error.kind not in _ELSEWHERE:
            return
        if self._pool.is_single:
            # It does answer: to refuse everybody would be worse than the streams that break.
            self._account.note(error)
        else:
            now = self._pool.clock()
            self._account.fail(error, self._model, now, is_alone=self._pool.is_single)

    def _acquit(self) -> None:
        """What every account refuses is the request's fault: nobody can disable them all with it.

        The provider says 403 also of a model that the key may not use.
        """
        if len(self._refused) == len(self._tried):
            for account in self._refused:
                account.is_disabled = False

    def _leave(self) -> None:
        account, self._account = self._account, None
        if account is not None:
            self._pool.give_back(account)
