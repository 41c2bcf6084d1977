import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from loom.core.errors import ProviderError
from loom.core.llm import ErrorKind, LlmError
from loom.secrets import Secret
from loom.server.llm.base import AccountSettings, PoolSettings, ProviderSettings
from loom.server.llm.providers import make_provider
from loom.server.provider_pool.account import OPEN_SECONDS, QUOTA_COOL_DOWN, Account
from loom.server.provider_pool.pool import AccountPool
from loom.server.provider_pool.pools import AccountPools
from loom.server.provider_pool.turn import Turn


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def provider(**fields: object) -> ProviderSettings:
    accounts = tuple(AccountSettings(name, Secret(f"sk-{name}")) for name in "abc")
    return replace(ProviderSettings("anthropic", "http://x", accounts=accounts), **fields)  # type: ignore[arg-type]


def pool(clock: Clock | None = None, **fields: object) -> AccountPool:
    made = make_provider(provider(**fields))
    return AccountPools({"anthropic": made}, clock or Clock())["anthropic"]


def error(kind: ErrorKind, retry_after: float | None = None) -> LlmError:
    return LlmError(f"no: {kind}", kind, retry_after)


async def served(pool: AccountPool, model: str = "m", thread: str = "") -> str:
    with Turn(pool, model, thread) as turn:
        account = await turn.account()
        turn.succeeded()
        return account.name


async def fail(pool: AccountPool, name: str, why: LlmError, model: str = "m") -> None:
    account = next(each for each in pool.accounts if each.name == name)
    account.fail(why, model, pool.clock(), is_alone=pool.is_single)


async def test_accounts_take_turns() -> None:
    pooled = pool()
    assert [await served(pooled) for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]


async def test_a_heavier_account_serves_more() -> None:
    heavy = tuple(AccountSettings(name, weight=weight) for name, weight in (("a", 3), ("b", 1)))
    pooled = pool(accounts=heavy)
    assert Counter([await served(pooled) for _ in range(40)]) == {"a": 30, "b": 10}


async def test_the_first_available_serves_all() -> None:
    pooled = pool(pool=PoolSettings("first_available"))
    assert [await served(pooled) for _ in range(3)] == ["a", "a", "a"]
    await fail(pooled, "a", error("quota"))
    assert await served(pooled) == "b"


async def test_a_conversation_stays_with_its_account_and_comes_back_to_it() -> None:
    pooled = pool()
    homes = {f"T-{n}": await served(pooled, thread=f"T-{n}") for n in range(60)}
    assert set(homes.values()) == {"a", "b", "c"}
    await fail(pooled, "a", error("rate_limited", 60))
    for thread, home in homes.items():
        now = await served(pooled, thread=thread)
        assert now == home or home == "a"
    pooled.clock.now += 61  # type: ignore[attr-defined]
    assert all([await served(pooled, thread=t) == home for t, home in homes.items()])


async def test_a_quota_cools_an_account_down_as_long_as_it_says_or_two_hours() -> None:
    clock = Clock()
    pooled = pool(clock)
    await fail(pooled, "a", error("quota"))
    await fail(pooled, "b", error("quota", 600))
    assert {await served(pooled) for _ in range(5)} == {"c"}
    clock.now += 601
    assert {await served(pooled) for _ in range(5)} == {"b", "c"}
    clock.now += QUOTA_COOL_DOWN
    assert {await served(pooled) for _ in range(5)} == {"a", "b", "c"}


async def test_a_rate_limit_is_a_models_alone() -> None:
    pooled = pool()
    await fail(pooled, "a", error("rate_limited", 30), "opus")
    assert "a" not in {await served(pooled, "opus") for _ in range(6)}
    assert "a" in {await served(pooled, "haiku") for _ in range(6)}


async def test_a_refused_key_is_not_used_again_until_the_settings_are_read_anew() -> None:
    clock, made = Clock(), make_provider(provider())
    pools = AccountPools({"anthropic": made}, clock)
    await fail(pools["anthropic"], "a", error("auth"))
    clock.now += 10**6
    assert {await served(pools["anthropic"]) for _ in range(6)} == {"b", "c"}
    pools.replace({"anthropic": make_provider(provider())})
    assert {await served(pools["anthropic"]) for _ in range(6)} == {"a", "b", "c"}


async def test_the_next_account_is_asked_and_no_more_than_three() -> None:
    many = tuple(AccountSettings(str(n)) for n in range(9))
    with Turn(pool(accounts=many), "m") as turn:
        asked = [(await turn.account()).name]
        while turn.failed(error("transient")):
            asked.append((await turn.account()).name)
    assert len(asked) == len(set(asked)) == 3


async def test_a_wrong_request_is_not_asked_twice() -> None:
    with Turn(pool(), "m") as turn:
        account = await turn.account()
        assert not turn.failed(error("invalid_request"))
        assert account.state(1000) == "available"


async def test_nobody_can_disable_every_account_with_a_request_that_all_refuse() -> None:
    pooled = pool()
    with Turn(pooled, "forbidden-model") as turn:
        await turn.account()
        while turn.failed(error("auth")):
            pass
    assert [each.state(1000) for each in pooled.accounts] == ["available"] * 3


async def test_an_account_breaks_and_one_request_tries_it_again() -> None:
    clock = Clock()
    pooled = pool(clock, accounts=(AccountSettings("a"),))
    account = pooled.accounts[0]
    for _ in range(5):
        with Turn(pooled, "m") as turn:
            await turn.account()
            turn.failed(error("transient"))
    assert account.state(clock.now) == "broken"
    with pytest.raises(ProviderError) as refused:
        await served(pooled)
    assert (refused.value.error.status, refused.value.error.retry_after) == (503, OPEN_SECONDS)
    clock.now += OPEN_SECONDS
    with Turn(pooled, "m") as probe:
        await probe.account()
        with pytest.raises(ProviderError):
            await served(pooled)
        probe.failed(error("transient"))
    with pytest.raises(ProviderError):
        await served(pooled)
    clock.now += OPEN_SECONDS
    assert await served(pooled) == "a"
    assert account.state(clock.now) == "available"


def test_where_many_requests_run_a_few_failures_in_a_row_break_no_account() -> None:
    account = pool().accounts[0]
    for _ in range(1000):
        account.take()
    for _ in range(99):
        account.fail(error("transient"), "m", 1000.0, is_alone=True)
    assert not account.wait("m", 1000.0)
    account.fail(error("transient"), "m", 1000.0, is_alone=True)
    assert account.wait("m", 1000.0)


def test_streams_that_began_before_an_account_broke_do_not_hold_it_shut() -> None:
    account = pool().accounts[0]
    for now in range(int(OPEN_SECONDS)):
        account.fail(error("transient"), "m", now, is_alone=False)
    assert account.wait("m", now) > 0
    assert account.wait("m", 4 + OPEN_SECONDS) == 0


async def test_streams_that_break_do_not_close_the_only_account() -> None:
    pooled = pool(accounts=(AccountSettings("a"),))
    for _ in range(10):
        with Turn(pooled, "m") as turn:
            await turn.account()
            turn.broke(error("transient"))
    assert await served(pooled) == "a"
    assert pooled.accounts[0].failed == 10


async def test_a_probe_whose_client_leaves_lets_the_next_one_try() -> None:
    clock = Clock()
    pooled = pool(clock, accounts=(AccountSettings("a"),))
    for _ in range(5):
        await fail(pooled, "a", error("transient"))
    clock.now += OPEN_SECONDS
    with Turn(pooled, "m") as probe:
        await probe.account()
    assert await served(pooled) == "a"


async def test_when_all_rest_the_first_to_come_back_is_told() -> None:
    pooled = pool()
    for name, seconds in (("a", 40), ("b", 20), ("c", 30)):
        await fail(pooled, name, error("rate_limited", seconds))
    with pytest.raises(ProviderError) as refused:
        await served(pooled)
    told = refused.value.error
    assert (told.kind, told.retry_after) == ("rate_limited", 20)
    assert "3 accounts" in told.message


async def test_an_account_that_is_alone_is_asked_all_the_same() -> None:
    pooled = pool(accounts=(AccountSettings("a"),))
    for kind in ("auth", "quota", "rate_limited"):
        await fail(pooled, "a", error(kind))
        assert await served(pooled) == "a"


async def test_no_more_run_than_are_allowed_and_those_who_wait_come_in_turn() -> None:
    pooled = pool(pool=PoolSettings(max_concurrent=2, max_queued=5))
    order: list[int] = []
    most = 0

    async def work(number: int) -> None:
        nonlocal most
        with Turn(pooled, "m") as turn:
            await turn.account()
            most = max(most, pooled.running)
            order.append(number)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        for number in range(7):
            tasks.create_task(work(number))
    assert (order, most, pooled.running, pooled.waiting) == (list(range(7)), 2, 0, 0)


async def test_who_finds_the_queue_full_is_told_at_once() -> None:
    pooled = pool(pool=PoolSettings(max_concurrent=1, max_queued=0))
    with Turn(pooled, "m") as turn:
        await turn.account()
        with pytest.raises(ProviderError) as refused:
            await served(pooled)
    told = refused.value.error
    assert (told.kind, told.status, told.retry_after) == ("rate_limited", 429, 1.0)
    assert "1 requests run" in told.message


async def test_who_waits_too_long_is_told() -> None:
    pooled = pool(pool=PoolSettings(max_concurrent=1, timeout_queue=0.01))
    with Turn(pooled, "m") as turn:
        await turn.account()
        with pytest.raises(ProviderError):
            # The pool's clock stands still; the event loop's does not.
            await served(pooled)
    assert pooled.waiting == 0


async def test_one_that_leaves_the_queue_takes_no_place_with_it() -> None:
    pooled = pool(accounts=(AccountSettings("a", max_concurrent=1),))
    with Turn(pooled, "m") as turn:
        await turn.account()
        first, second = (asyncio.create_task(served(pooled)) for _ in range(2))
        await asyncio.sleep(0)
    # `first` is woken, and leaves in the same instant.
    first.cancel()
    assert await asyncio.wait_for(second, 1) == "a"
    assert (pooled.running, pooled.waiting) == (0, 0)


async def test_requests_that_run_end_where_they_began() -> None:
    pools = AccountPools({"anthropic": make_provider(provider())}, Clock())
    with Turn(pools["anthropic"], "m") as turn:
        account = await turn.account()
        other = provider(accounts=(AccountSettings("a", Secret("sk-other")),))
        pools.replace({"anthropic": make_provider(other)})
        assert pools["anthropic"].accounts[0] is not account
    assert (account.running, pools["anthropic"].running) == (0, 0)


def test_model_names_do_not_fill_the_memory() -> None:
    account = Account("a", make_provider(provider()))
    for number in range(1000):
        account.fail(error("rate_limited", 60), f"m{number}", 0.0, is_alone=False)
    assert len(account.rests(0.0)) <= 65
