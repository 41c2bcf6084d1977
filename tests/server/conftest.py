import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web

from loom.secrets import Secret
from loom.server.app import make_app, make_runner, now_ms
from loom.server.config import SearchSettings, ServerConfig
from loom.server.keys import METRICS
from loom.server.llm.base import Provider, ProviderSettings
from loom.server.llm.providers import make_provider
from loom.server.metrics import Metrics
from loom.server.routing import Route, add_routes
from tests.fakes.upstream import RawUpstream, Script
from tests.server.team import Team

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
"""The server inside the app runs on the first one, a team's on the second."""

_ON_BOTH = {"test_native", "test_network", "test_proxy", "test_shortcuts", "test_whole_answer"}

TOKEN = "lt_test-token-of-the-suite"
KEY = "sk-upstream-key-0123456789"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What moves bytes is tested on both loops."""
    is_outbound = item.path.parent.name == "outbound"
    names = LOOPS if is_outbound or item.path.stem in _ON_BOTH else ["asyncio"]
    return {name: LOOPS[name] for name in names}


@dataclass
class Loom:
    """A running server and a client that is signed in."""

    url: str
    client: aiohttp.ClientSession
    metrics: Metrics
    app: web.Application

    async def stream(self, provider: str = "anthropic", **fields: Any) -> "Answer":
        return await Answer.of(self.client, f"{self.url}/proxy/{provider}/stream", ask(**fields))


@dataclass
class Answer:
    """A stream, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    async def of(cls, client: aiohttp.ClientSession, url: str, body: object) -> "Answer":
        async with client.post(url, json=body) as response:
            return cls(response.status, response.headers, await response.read())

    @property
    def events(self) -> list[dict[str, Any]]:
        blocks = self.body.decode().split("\n\n")
        return [json.loads(b.partition("data: ")[2]) for b in blocks if b.startswith("event: llm")]

    @property
    def text(self) -> str:
        return "".join(e["content"] for e in self.events if e["type"] == "text_delta")

    def json(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


def ask(**fields: Any) -> dict[str, Any]:
    """The JSON of a small LlmRequest."""
    message = {"role": "user", "content": [{"type": "text", "text": "Hi"}]}
    return {"model": "default", "messages": [message], **fields}


def settings(name: str, base_url: str, **fields: Any) -> ProviderSettings:
    defaults = {"api_key": Secret(KEY), "model": "claude-test", "wire": ""}
    return ProviderSettings(name, base_url, **{**defaults, **fields})


TeamUp = Callable[..., Awaitable[Team]]
Serve = Callable[..., Awaitable[Loom]]
Upstream = Callable[[Script], Awaitable[RawUpstream]]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def upstream(stack: AsyncExitStack) -> Upstream:
    async def start(script: Script) -> RawUpstream:
        return await stack.enter_async_context(RawUpstream(script))

    return start


@pytest.fixture
def serve(stack: AsyncExitStack, tmp_path: Path) -> Serve:
    """Starts a server on real TCP, its providers all at `base_url` unless given."""

    async def start(
        base_url: str = "http://127.0.0.1:9",
        *,
        providers: dict[str, Provider] | None = None,
        search: SearchSettings | None = None,
        limits: dict[str, float] | None = None,
        clock: Callable[[], int] = now_ms,
        routes: Iterable[Route] = (),
        public_url: str = "",
        port: int = 0,
        **config: Any,
    ) -> Loom:
        if providers is None:
            given = [settings(name, base_url, **(limits or {})) for name in ("anthropic", "openai")]
            providers = {each.name: make_provider(each) for each in given}
        made = ServerConfig(
            db_path=tmp_path / "server.db",
            token=Secret(TOKEN),
            providers={name: each.settings for name, each in providers.items()},
            search=search or SearchSettings(),
            timeout_drain=1.0,
            base_url=public_url,
            **config,
        )
        app = make_app(made, providers, clock=clock)
        add_routes(app, routes)
        return await _started(stack, app, port)

    return start


@pytest.fixture
def team(serve: Serve) -> TeamUp:
    """Starts a team's server; its `sign_up` makes people with credentials of their own."""

    async def start(*args: Any, **config: Any) -> Team:
        loom = await serve(*args, is_team=True, **config)
        return Team(loom)

    return start


async def _started(stack: AsyncExitStack, app: web.Application, port: int) -> Loom:
    runner = make_runner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    client = aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})
    await stack.enter_async_context(client)
    host, port = runner.addresses[0][:2]
    return Loom(f"http://{host}:{port}", client, app[METRICS], app)


async def within(seconds: float, condition: Callable[[], object]) -> None:
    """Waits until `condition()` holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
