"""Shared threads, over HTTP by clients that are not ours."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.server.conftest import TeamUp
from tests.server.team import Person, Said, Team
from tests.server.threads.conftest import THREAD, Desk

PATH = f"/api/threads/{THREAD}/share"
SUPPORT = f"/api/threads/{THREAD}/support-access"
T0 = 1_790_000_000_000
DAY_MS = 24 * 3600 * 1000


@dataclass
class Clock:
    """Unix milliseconds, when the test says so."""

    now: int = T0

    def __call__(self) -> int:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += round(days * DAY_MS)


@dataclass
class Owner:
    """Alice, her desk at a team's server, and what she does with her thread."""

    desk: Desk
    clock: Clock

    @property
    def team(self) -> Team:
        return self.desk.team

    async def link(self, **asked: Any) -> str:
        """The path of a new link's JSON."""
        answer = await self.desk.call("POST", PATH, None, json=asked)
        assert answer.status == 201, answer.body
        return f"{PATH}/{answer.json()['token']}"

    async def call(self, method: str, path: str, **given: Any) -> Said:
        return await self.desk.call(method, path, None, **given)

    async def seen(self, path: str) -> Said:
        """What somebody without an account is answered."""
        return await self.team.call("GET", path)

    async def events(self, kind: str) -> list[dict[str, Any]]:
        """Of the audit log, as the operator reads it, once there are some."""
        async with asyncio.timeout(10):
            while not (found := await self._events(kind)):
                await asyncio.sleep(0.01)
        return found

    async def _events(self, kind: str) -> list[dict[str, Any]]:
        async with self.team.loom.client.get(f"{self.team.url}/api/admin/audit?type={kind}") as got:
            found: list[dict[str, Any]] = (await got.json())["entries"]
            return found

    async def colleague(self, name: str, **roles: bool) -> Person:
        return await self.team.sign_up(f"{name}@example.com", **roles)


@pytest.fixture
async def alice(team: TeamUp) -> AsyncIterator[Owner]:
    clock = Clock()
    loom = await team(clock=clock)
    await loom.sign_up("root@example.com")
    yield Owner(Desk(loom, await loom.sign_up("alice@example.com")), clock)
