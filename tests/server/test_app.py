import asyncio
import io
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web

from loom.core.errors import ConfigError
from loom.log import start_logging, stop_logging
from loom.redact import Redactor
from loom.secrets import Secret
from loom.server.app import make_app
from loom.server.config import SearchSettings, ServerConfig
from loom.server.keys import DATABASE, THREADS
from loom.server.llm.providers import make_provider
from loom.server.room import room
from loom.server.routing import ROUTES, Access, Route, add_routes, require_classes
from tests.fakes.claude_wire import END, MESSAGE, START, text
from tests.fakes.upstream import Line, Received, answer, events
from tests.server.conftest import KEY, TOKEN, Serve, TeamUp, Upstream, ask, settings, within

NOBODY = {"Authorization": "", "x-api-key": ""}


async def broken(request: web.Request) -> web.Response:
    raise KeyError(KEY)


def an_app(tmp_path: Path) -> web.Application:
    provider = {name: make_provider(settings(name, "http://x")) for name in ("anthropic", "openai")}
    return make_app(ServerConfig(token=Secret(TOKEN), db_path=tmp_path / "db"), provider)


def test_every_route_says_who_may_call_it(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    public = {route.path for route in app[ROUTES].values() if route.access is Access.PUBLIC}
    assert public == {"/health", "/metrics"}


def test_a_route_without_a_class_fails_at_start(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    app.router.add_get("/forgotten", broken)
    with pytest.raises(ConfigError, match="forgotten"):
        require_classes(app)


def test_there_is_no_server_without_a_token(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="token"):
        make_app(ServerConfig(db_path=tmp_path / "db"), {})


async def test_every_route_but_the_public_ones_refuses_strangers(
    serve: Serve, tmp_path: Path
) -> None:
    loom = await serve()
    for route in an_app(tmp_path)[ROUTES].values():
        path = route.path.replace("{provider}", "anthropic").partition("{model")[0]
        url = loom.url + (path if "{" not in route.path else path.rstrip("/") + "/m")
        for headers in (NOBODY, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
            async with loom.client.request(route.method, url, headers=headers) as response:
                assert (response.status == 401) is (route.access is not Access.PUBLIC), route


async def test_a_native_anthropic_client_may_use_its_own_header(
    serve: Serve, upstream: Upstream
) -> None:
    loom = await serve((await upstream(answer(MESSAGE))).url)
    headers = {"Authorization": "", "x-api-key": TOKEN}
    for path, status in (("/v1/messages", 200), ("/stream", 401)):
        url = f"{loom.url}/proxy/anthropic{path}"
        async with loom.client.post(url, json={}, headers=headers) as response:
            assert response.status == status


@pytest.mark.parametrize("header", ["Bearer \xff", "Bearer", "Basic x", "bearer  "])
async def test_a_strange_credential_is_merely_wrong(serve: Serve, header: str) -> None:
    loom = await serve()
    raw = f"GET /api/models HTTP/1.1\r\nHost: x\r\nAuthorization: {header}\r\n\r\n"
    assert b" 401 " in await first_line(loom.url, raw.encode("latin-1"))


async def first_line(url: str, request: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    line = await reader.readline()
    writer.close()
    return line


async def test_an_unknown_path_is_404_to_those_who_are_signed_in(serve: Serve) -> None:
    loom = await serve()
    async with loom.client.get(loom.url + "/nowhere") as response:
        assert (response.status, (await response.json())["error"]) == (404, "not_found")
    async with loom.client.get(loom.url + "/nowhere", headers=NOBODY) as response:
        assert response.status == 401
        assert "scheme Bearer" in await response.text()


@pytest.mark.parametrize(
    ("given", "is_kept"), [("abc-1.2_X", True), ("x" * 65, False), ("a b", False)]
)
async def test_a_sane_request_id_is_echoed(serve: Serve, given: str, is_kept: bool) -> None:
    loom = await serve()
    async with loom.client.get(loom.url + "/health", headers={"X-Request-Id": given}) as response:
        assert (response.headers["X-Request-Id"] == given) is is_kept


async def test_a_bug_is_a_500_with_a_request_id_and_no_stack_trace(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    add_routes(app, [Route("GET", "/broken", broken, Access.PUBLIC)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    raw = b"GET /broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(raw)
    reply = (await reader.read()).decode()
    writer.close()
    await runner.cleanup()
    body = json.loads(reply.partition("\r\n\r\n")[2])
    assert (body["error"], f"X-Request-Id: {body['request_id']}" in reply) == ("internal", True)
    assert "KeyError" not in reply
    assert KEY not in reply


async def test_health_names_each_component(serve: Serve) -> None:
    loom = await serve()
    async with loom.client.get(loom.url + "/health", headers=NOBODY) as response:
        body = await response.json()
    assert (response.status, body["status"]) == (200, "healthy")
    assert body["components"]["database"]["status"] == "healthy"
    providers = {
        each["name"]: each["status"] for each in body["components"]["llm_providers"]["providers"]
    }
    assert providers == {"anthropic": "healthy", "openai": "healthy"}
    assert body["components"]["serper"] == {"status": "unknown", "configured": False}


async def test_health_is_degraded_without_a_provider(serve: Serve) -> None:
    loom = await serve(providers={})
    async with loom.client.get(loom.url + "/health") as response:
        assert (response.status, (await response.json())["status"]) == (200, "degraded")


async def test_health_tells_of_each_part_of_a_team_server(team: TeamUp) -> None:
    loom = await team()
    parts = (await loom.call("GET", "/health")).json()["components"]
    assert {"database", "threads", "disk", "mail", "jobs", "audit", "llm_providers"} <= set(parts)
    assert parts["mail"] == {"status": "unknown", "configured": False}
    assert parts["threads"]["status"] == "healthy"


async def test_a_part_that_fails_is_named_and_the_whole_is_degraded(team: TeamUp) -> None:
    loom = await team()
    await loom.app[THREADS].close()
    report = (await loom.call("GET", "/health")).json()
    assert report["components"]["threads"] == {"status": "unhealthy", "error": "StoreError"}
    assert report["status"] == "degraded"


def test_little_room_is_said_before_there_is_none(tmp_path: Path) -> None:
    assert room(tmp_path / "nowhere").status == "degraded"
    free = shutil.disk_usage(tmp_path).free
    assert room(tmp_path, little=free + 2**40).error.endswith(f"MiB are free in {tmp_path}")
    assert room(tmp_path, little=0).status == "healthy"


async def test_health_is_503_without_its_database(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    runner = web.AppRunner(app)
    await runner.setup()
    await app[DATABASE].close()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    line = await first_line(f"http://{host}:{port}", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    await runner.cleanup()
    assert b" 503 " in line


async def test_metrics_count_requests_by_route_and_status(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(events(START + text("x") + END))).url)
    await loom.stream()
    await loom.client.get(loom.url + "/nowhere")
    async with loom.client.get(loom.url + "/metrics", headers=NOBODY) as response:
        text_format = await response.text()
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for line in (
        'loom_http_requests_total{route="/proxy/{provider}/stream",status="200"} 1',
        'loom_http_requests_total{route="none",status="404"} 1',
        'loom_proxy_requests_total{provider="anthropic",wire="loom"} 1',
        'loom_proxy_tokens_total{provider="anthropic",model="claude-test",kind="output"} 7',
        'loom_proxy_active_streams{provider="anthropic"} 0',
        'loom_http_request_seconds_bucket{route="/proxy/{provider}/stream",le="+Inf"} 1',
    ):
        assert line in text_format.splitlines()


async def test_models_are_the_default_and_the_providers_own_list(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer({"data": [{"id": "claude-b"}, {"id": "claude-test"}]}))
    given = {"anthropic": make_provider(settings("anthropic", up.url))}
    loom = await serve(providers=given)
    for _ in range(2):
        async with loom.client.get(loom.url + "/api/models") as response:
            models = (await response.json())["models"]
    assert [(m["model"], m["is_default"]) for m in models] == [
        ("claude-test", True),
        ("claude-b", False),
    ]
    assert len(up.received) == 1


async def test_models_of_a_provider_that_does_not_answer_are_its_default(serve: Serve) -> None:
    loom = await serve("http://127.0.0.1:9")
    async with loom.client.get(loom.url + "/api/models") as response:
        models = (await response.json())["models"]
    assert {(m["provider"], m["model"]) for m in models} == {
        ("anthropic", "claude-test"),
        ("openai", "claude-test"),
    }


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    output = io.StringIO()
    handler = start_logging(output, Redactor(), "json", logging.DEBUG)
    yield output
    stop_logging(handler)


async def test_every_request_is_logged_with_its_id(serve: Serve, logged: io.StringIO) -> None:
    loom = await serve()
    await loom.client.get(loom.url + "/health", headers={"X-Request-Id": "r-17"})
    await within(2, lambda: "r-17" in logged.getvalue())
    record = next(json.loads(x) for x in logged.getvalue().splitlines() if "r-17" in x)
    assert (record["message"], record["route"]) == ("GET /health 200", "/health")


async def reflecting(request: Received, line: Line) -> None:
    """An upstream that shouts back whatever it was sent."""
    await line.whole(json.dumps({"error": {"message": str(request)}}).encode(), 401)


async def test_no_key_is_in_any_answer_log_or_metric(
    serve: Serve, upstream: Upstream, logged: io.StringIO
) -> None:
    up = await upstream(reflecting)
    search = replace(
        SearchSettings(), serper_url=up.url, serper_api_key=Secret("serper-key-of-the-server")
    )
    loom = await serve(up.url, search=search)
    seen = ""
    for method, path in (
        ("POST", "/proxy/anthropic/stream"),
        ("POST", "/proxy/openai/complete"),
        ("POST", "/proxy/anthropic/v1/messages"),
        ("POST", "/proxy/openai/v1/chat/completions"),
        ("POST", "/proxy/search"),
        ("GET", "/api/models"),
        ("GET", f"/health?key={KEY}"),
        ("GET", "/metrics"),
    ):
        body = {"query": "x"} if path.endswith("search") else ask()
        async with loom.client.request(method, loom.url + path, json=body) as response:
            seen += await everything(response)
    assert len(up.received) >= 5
    await within(2, lambda: '"route":"/metrics"' in logged.getvalue())
    for secret in (KEY, TOKEN, "serper-key"):
        assert secret not in seen
        assert secret not in logged.getvalue()


async def everything(response: ClientResponse) -> str:
    return f"{response.headers}\n{await response.text()}\n"
