"""Turning things off and on, and a client of another make that hears of it."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.request import Request, urlopen

import sseclient
from msgspec import json as msgjson

from tests.server.conftest import TOKEN
from tests.server.team import Team

OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
KILL = "/api/admin/kill-switches/provider.anthropic"


async def kill(server: Team, path: str = KILL, headers: Any = OPERATOR, **body: Any) -> int:
    given = {"reason": "their status page is red", **body}
    return (await server.call("POST", f"{path}/activate", headers, json=given)).status


async def restore(server: Team, path: str = KILL, headers: Any = OPERATOR) -> int:
    return (await server.call("POST", f"{path}/deactivate", headers)).status


class Listening:
    """A client of another make, in a thread of its own."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._answer = urlopen(Request(url, headers=headers), timeout=20)
        self._events: queue.Queue[sseclient.Event | None] = queue.Queue()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        for event in sseclient.SSEClient(self._answer).events():
            self._events.put(event)
        self._events.put(None)

    async def next(self) -> tuple[str, Any]:
        event = await asyncio.to_thread(self._events.get, timeout=20)
        return (event.event, msgjson.decode(event.data)) if event else ("end", None)

    def close(self) -> None:
        with suppress(OSError):
            if self._answer.fp is not None:
                self._answer.fp.raw._sock.shutdown(2)
        self._thread.join()
        self._answer.close()


@asynccontextmanager
async def listening(server: Team, headers: dict[str, str]) -> AsyncIterator[Listening]:
    url = f"{server.url}/api/flags/stream"
    heard = await asyncio.to_thread(Listening, url, headers)
    try:
        yield heard
    finally:
        await asyncio.to_thread(heard.close)
