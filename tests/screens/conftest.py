"""The real app on a real host and store, with a scripted model."""

from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from loom.agent.services import AgentSettings
from loom.app import LoomApp
from loom.host.sessions import Host
from loom.screens.start import Start
from loom.threads.store import ThreadStore
from tests.agent.conftest import make_services
from tests.fakes.model import ScriptedModel, says
from tests.snapshots import snap

__all__ = ["snap"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha\n")
    return folder


@pytest.fixture
def make_app(tmp_path: Path, workspace: Path):
    """`make_app(model, seed=coroutine function of the store, **start)` gives an app to run.

    `news` are what its sessions hear of a server.
    """

    def make(model: ScriptedModel | None = None, seed=None, news=None, **start: object) -> LoomApp:
        @asynccontextmanager
        async def open_host():
            async with ThreadStore.open(tmp_path / "loom.db") as store:
                if seed is not None:
                    await seed(store)
                services = make_services(tmp_path, store, model or ScriptedModel(says("Hi.")), [])
                services = replace(services, news=news)
                settings = AgentSettings(provider="scripted", retry_base_ms=1)
                async with Host(services, settings, tmp_path / "run" / "host.sock") as host:
                    yield host

        chosen = {"workspace": workspace, "provider": "scripted", "open_host": open_host, **start}
        return LoomApp(Start(**chosen))

    return make
