"""A whole Loom without a screen, made to be killed: `python -m tests.soak.child FOLDER URL`.

It plays the scenes as a person would and tells on standard output, line by line and unbuffered,
what it shows (every Event) and where it is (commits begin and end). After the last scene it rests.
"""

import asyncio
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from loom.agent.services import AgentSettings, Services
from loom.agent.session import AgentSession
from loom.core import codec
from loom.core.messages import Text
from loom.core.permissions import parse_rule
from loom.core.protocol import Compact, SendMessage, StateChanged, ToolStarted
from loom.db import Writer, connect, migrations_in, prepare
from loom.directories import cache_directory, config_directory, home_directory, runtime_directory
from loom.host.sessions import Host
from loom.llm.proxy import ProxyModel
from loom.sandbox import find_sandbox
from loom.secrets import clean_environment
from loom.server.config import server_config
from loom.server.embedded import EmbeddedServer
from loom.threads.store import MIGRATIONS, ThreadStore
from loom.tools import load
from tests.soak.scene import PROMPTS

THINKING = 0.05
"""Seconds a person takes between two turns."""


class Teller:
    """Writes marks and Events to standard output, each whole line at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def mark(self, name: str) -> None:
        self._write(json.dumps({"at": time.monotonic(), "mark": name}).encode())

    def event(self, event: Any) -> None:
        head = json.dumps({"at": time.monotonic()}).encode().removesuffix(b"}")
        self._write(head + b', "event": ' + codec.encode(event) + b"}")

    def _write(self, line: bytes) -> None:
        data = memoryview(line + b"\n")
        with self._lock:
            while data:
                data = data[os.write(1, data) :]


class TellingConnection:
    """The writer's connection, which tells when a transaction begins and when it is on disk."""

    def __init__(self, connection: sqlite3.Connection, teller: Teller) -> None:
        self._connection = connection
        self._teller = teller
        self._count = 0

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if statement == "BEGIN IMMEDIATE":
            self._count += 1
            self._teller.mark(f"commit {self._count}")
        cursor = self._connection.execute(statement, *arguments)
        if statement == "COMMIT":
            self._teller.mark(f"committed {self._count}")
        return cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def open_store(path: Path, teller: Teller) -> ThreadStore:
    connection: Any = TellingConnection(prepare(path, migrations_in(MIGRATIONS)), teller)
    return ThreadStore(path, Writer(connection, path), connect(path, is_read_only=True))


@asynccontextmanager
async def open_host(folder: Path, teller: Teller) -> AsyncIterator[Host]:
    """The parts of `loom.cli.assemble`, with a store that tells."""
    environment = dict(os.environ)
    server = EmbeddedServer(server_config(environment, None), environment)
    server.start()
    try:
        async with open_store(folder / "loom.db", teller) as store:
            services = make_services(store, ProxyModel(server.address), environment)
            settings = AgentSettings(mode="auto", rules=(parse_rule("allow bash(*)"),))
            socket = runtime_directory(environment) / f"host-{os.getpid()}.sock"
            async with Host(services, settings, socket) as host:
                yield host
    finally:
        server.stop()


def make_services(store: ThreadStore, model: ProxyModel, environment: dict[str, str]) -> Services:
    async def refuse(*arguments: Any) -> Any:
        raise AssertionError("the scenes neither search nor keep rules")

    return Services(
        store=store,
        model=model,
        tools=load(),
        sandbox=find_sandbox(home_directory(environment), environment=environment),
        environment=clean_environment(environment),
        search=refuse,
        keep_rule=refuse,
        scratch=cache_directory(environment) / "scratch",
        config_home=config_directory(environment),
    )


async def play(session: AgentSession, teller: Teller) -> None:
    """Every scene, then rest until somebody kills us."""
    at_rest = asyncio.Semaphore(0)

    async def show() -> None:
        async for event in session.events(after=0):
            teller.event(event)
            if isinstance(event, ToolStarted):
                teller.mark(f"tool {event.call_id}")
            if isinstance(event, StateChanged) and event.state == "waiting_for_user_input":
                at_rest.release()

    async with asyncio.TaskGroup() as group:
        group.create_task(show())
        teller.mark("play")
        for op in (*(SendMessage((Text(prompt),)) for prompt in PROMPTS), Compact()):
            await asyncio.sleep(THINKING)
            await session.submit(op)
            await at_rest.acquire()
        teller.mark("over")


async def main(folder: Path) -> None:
    teller = Teller()
    async with open_host(folder, teller) as host:
        await play(await host.start(folder / "work"), teller)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
