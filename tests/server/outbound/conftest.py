from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from loom.server.outbound.pool import Pool
from loom.server.upstream import exchange_at


@dataclass(frozen=True)
class Limits:
    """A provider's patience, in seconds."""

    name: str = "provider"
    timeout_first_byte: float = 5.0
    timeout_idle: float = 5.0
    timeout_answer: float = 60.0


LIMITS = Limits()


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool() as pool:
        yield pool


async def ask(pool: Pool, url: str, body: bytes = b"{}", method: str = "POST") -> bytes:
    """The whole body of the answer."""
    async with exchange_at(pool, LIMITS, url, method=method, headers={}, body=body) as exchange:
        return await exchange.body()
