"""A host on a real store and socket, with a scripted model."""

import asyncio
from pathlib import Path

import pytest

from loom.agent.services import AgentSettings
from loom.core.messages import Text
from loom.core.protocol import SendMessage
from loom.host.sessions import Host
from loom.threads.store import ThreadStore
from tests.agent.conftest import make_services


@pytest.fixture
async def store(tmp_path):
    async with ThreadStore.open(tmp_path / "loom.db") as opened:
        yield opened


@pytest.fixture
def socket(tmp_path) -> Path:
    return tmp_path / "run" / "host.sock"


def host_with(tmp_path, store, socket, model) -> Host:
    services = make_services(tmp_path, store, model, [])
    return Host(services, AgentSettings(provider="scripted", retry_base_ms=1), socket)


async def until(session, kind, after=0):
    """Events up to the first of `kind`."""
    seen = []
    async with asyncio.timeout(10):
        async for event in session.events(after):
            seen.append(event)
            if isinstance(event, kind):
                return seen
    raise AssertionError(f"no {kind.__name__}")


def say(text):
    return SendMessage((Text(text),))
