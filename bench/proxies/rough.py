"""Rough streams: slow ones without end, whose clients leave and whose provider breaks off."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass

from bench.proxies.answers import is_native, is_own, is_own_part, native_body
from bench.proxies.client import Client
from bench.proxies.contestants import Arena, Ask, Contestant

PERIODS_MS = (100, 250, 500)
LONGEST = 20.0
CLIENT_LEAVES, PROVIDER_BREAKS = 0.15, 0.1
SLACK = 30.0
"""Seconds that a stream may take longer than it is long."""


class Reader(Client):
    """Keeps all that came, also when the answer broke off."""

    def __init__(self) -> None:
        super().__init__()
        self.body = bytearray()

    def on_body(self, data: bytes) -> None:
        super().on_body(data)
        self.body += data


@dataclass(frozen=True)
class Plan:
    """What will happen to one stream; `breaks_at` and `leaves_after` (seconds) may be None."""

    seed: int
    events: int
    period_ms: int
    breaks_at: int | None
    leaves_after: float | None

    @property
    def ask(self) -> Ask:
        """What the provider is told."""
        broken = "" if self.breaks_at is None else f"-k{self.breaks_at}"
        shape = f"bench-n{self.events}-d{self.period_ms}-x{self.seed}{broken}"
        # One model, as teams have few: what is remembered of each is not what the soak is after.
        return Ask("bench-soak", says=shape)


def planned(chance: random.Random, until: float) -> Plan:
    """A stream that ends before `until` (monotonic seconds)."""
    period = chance.choice(PERIODS_MS)
    most = min(LONGEST, max(1.0, until - time.monotonic()))
    events = max(1, int(chance.uniform(0.1, 1.0) * most * 1000 / period))
    fate = chance.random()
    leaves = chance.uniform(0, events * period / 1000) if fate < CLIENT_LEAVES else None
    is_broken = CLIENT_LEAVES <= fate < CLIENT_LEAVES + PROVIDER_BREAKS
    breaks = chance.randrange(events) if is_broken else None
    return Plan(chance.randrange(10**12), events, period, breaks, leaves)


class Crowd:
    """Many clients at once, each with one stream after another.

    Attributes:
        came: streams by what became of them: whole, broken, left; `wrong` is the one that counts.
        wrong: the first few that were not what they should be.
    """

    def __init__(self, arena: Arena, chance: random.Random) -> None:
        self.came: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._ways = (arena.native, arena.own)
        self._native = arena.native
        self._chance = chance

    async def run(self, clients: int, seconds: float) -> None:
        """Until the time is over and the last stream has ended."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(self._client(until))
                await asyncio.sleep(2.0 / clients)

    async def _client(self, until: float) -> None:
        while time.monotonic() < until - 1:
            plan, way = planned(self._chance, until), self._chance.choice(self._ways)
            try:
                await self._stream(way, plan)
            except (OSError, RuntimeError, TimeoutError) as error:
                self._is_wrong(way, plan, repr(error))

    async def _stream(self, way: Contestant, plan: Plan) -> None:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Reader, "127.0.0.1", way.port)
        asking = asyncio.ensure_future(client.ask(way.request(plan.ask)))
        limit = plan.events * plan.period_ms / 1000 + SLACK
        if plan.leaves_after is not None:
            limit = plan.leaves_after
        await asyncio.wait([asking], timeout=limit)
        client.leave()
        is_clean = asking.done() and asking.exception() is None
        if plan.leaves_after is None and not asking.done():
            self._is_wrong(way, plan, "did not end")
        await asyncio.wait([asking])
        asking.exception()
        self._judge(way, plan, bytes(client.body), is_clean)

    def _judge(self, way: Contestant, plan: Plan, body: bytes, is_clean: bool) -> None:
        is_whole = plan.breaks_at is None
        sent = plan.events if plan.breaks_at is None else plan.breaks_at
        if plan.leaves_after is not None and not is_clean:
            kind = "left"
            is_right = (
                native_body(plan.seed, plan.events).startswith(body)
                if way is self._native
                else is_own_part(body, plan.seed)
            )
        elif way is self._native:
            kind = "whole" if is_whole else "broken"
            is_right = is_clean is is_whole and is_native(
                body, plan.seed, plan.events, sent, is_whole
            )
        else:
            kind = "whole" if is_whole else "broken"
            is_right = is_clean and is_own(body, plan.seed, sent, is_whole)
        self.came[kind] += 1
        if not is_right:
            self._is_wrong(way, plan, f"clean: {is_clean}, {body[-300:]!r}")

    def _is_wrong(self, way: Contestant, plan: Plan, what: str) -> None:
        self.came["wrong"] += 1
        if len(self.wrong) < 3:
            self.wrong.append(f"{way.name}: {plan}: {what}")
