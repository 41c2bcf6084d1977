from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.server.conftest import TeamUp, serve, stack, team, upstream
from tests.threads.sync.machines import World

__all__ = ["serve", "stack", "team", "upstream", "world"]


@pytest.fixture
async def world(team: TeamUp, tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as machines:
        loom = await team()
        await loom.sign_up("root@example.com")
        yield World(loom, await loom.sign_up("alice@example.com"), tmp_path, machines)
