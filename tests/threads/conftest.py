from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loom.threads.store import ThreadStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "loom" / "loom.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[ThreadStore]:
    async with ThreadStore.open(path) as opened:
        yield opened
