import asyncio
import json

import aiohttp
import pytest

from loom.core.messages import Usage
from loom.server.llm.providers import make_provider
from loom.server.usage_tap import UsageTap
from tests.fakes.claude_wire import END, MESSAGE, START, sse, text
from tests.fakes.upstream import Line, Received, Script, answer, events, never
from tests.server.conftest import KEY, TOKEN, Loom, Serve, Upstream, settings

MESSAGES = "/proxy/anthropic/v1/messages"
CHAT = "/proxy/openai/v1/chat/completions"
HELLO = START + text("Hel") + text("lo") + END


async def test_the_bytes_of_a_stream_pass_as_they_came(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(events(HELLO[:100], HELLO[100:]))).url)
    async with loom.client.post(loom.url + MESSAGES, data=b'{"stream": true}') as response:
        assert response.content_type == "text/event-stream"
        assert await response.read() == HELLO


async def test_status_and_headers_are_the_providers(serve: Serve, upstream: Upstream) -> None:
    script = answer(b'{"error": 1}', 529, retry_after="3", request_id="req_1", set_cookie="a=b")
    loom = await serve((await upstream(script)).url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert response.status == 529
        assert (response.headers["retry-after"], response.headers["request-id"]) == ("3", "req_1")
        assert "set-cookie" not in response.headers
        assert await response.read() == b'{"error": 1}'


async def test_the_key_is_swapped_and_nothing_of_the_clients_account_passes(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    headers = {
        "x-api-key": TOKEN,
        "Cookie": "session=1",
        "OpenAI-Organization": "org",
        "X-Forwarded-For": "10.0.0.1",
        "Connection": "keep-alive, X-Hop",
        "X-Hop": "1",
        "anthropic-beta": "tools",
    }
    await loom.client.post(loom.url + MESSAGES, data=b'{"x": 1}', headers=headers)
    (request,) = up.received
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-beta"] == "tools"
    assert request.body == b'{"x": 1}'
    assert TOKEN not in str(request)
    for name in ("authorization", "cookie", "openai-organization", "x-forwarded-for", "x-hop"):
        assert name not in request.headers


async def test_openai_gets_its_key_as_a_bearer(serve: Serve, upstream: Upstream) -> None:
    up = await upstream(answer({"object": "list", "data": []}))
    loom = await serve(up.url + "/v1")
    await loom.client.get(loom.url + "/proxy/openai/v1/models?limit=2")
    (request,) = up.received
    assert (request.method, request.path) == ("GET", "/v1/models?limit=2")
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_a_local_server_without_a_key_gets_no_credentials(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer({"data": []}))
    provider = make_provider(settings("openai", up.url, api_key=None))
    loom = await serve(providers={"openai": provider})
    await loom.client.get(loom.url + "/proxy/openai/v1/models")
    assert "authorization" not in up.received[0].headers


@pytest.mark.parametrize(
    "path",
    [
        "/proxy/anthropic/v1/models/..%2f..%2fadmin",
        "/proxy/anthropic/v1/models/a%2Fb",
        "/proxy/anthropic/v1/models/.env",
        "/proxy/anthropic/http://elsewhere/v1/messages",
        "/proxy/anthropic/v1/complete",
    ],
)
async def test_a_client_chooses_no_other_path(serve: Serve, upstream: Upstream, path: str) -> None:
    up = await upstream(answer(b"{}"))
    loom = await serve(up.url)
    async with loom.client.get(loom.url + path) as response:
        assert response.status in (404, 405)
    assert not up.received


CUT = {
    "dies": events(START, text("Hel"), then=Line.die),
    "ends without its last event": events(START, text("Hel")),
    "falls silent": events(START, text("Hel"), then=Line.stall),
}


@pytest.mark.parametrize("script", CUT.values(), ids=CUT.keys())
async def test_a_truncated_stream_breaks_the_clients_connection(
    serve: Serve, upstream: Upstream, script: Script
) -> None:
    loom = await serve((await upstream(script)).url, limits={"timeout_idle": 0.05})
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_a_truncated_body_breaks_the_clients_connection(
    serve: Serve, upstream: Upstream
) -> None:
    async def short(request: Received, line: Line) -> None:
        await line.head(200, content_type="application/json", content_length="1000000")
        await line.send(b"x" * 1000)
        await line.die()

    loom = await serve((await upstream(short)).url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


ENDED = {
    "chat": (CHAT, b'data: {"choices": []}\n\ndata: [DONE]\n\n'),
    "chat error": (CHAT, b'data: {"error": {"message": "x"}}\n\n'),
    "responses": ("/proxy/openai/v1/responses", sse("response.completed", response={})),
    "responses incomplete": ("/proxy/openai/v1/responses", sse("response.incomplete")),
    "messages error": (MESSAGES, START + sse("error", error={"type": "overloaded_error"})),
}


@pytest.mark.parametrize(("path", "body"), ENDED.values(), ids=ENDED.keys())
async def test_a_properly_ended_stream_ends_cleanly(
    serve: Serve, upstream: Upstream, path: str, body: bytes
) -> None:
    loom = await serve((await upstream(events(body[:30], body[30:]))).url)
    async with loom.client.post(loom.url + path, data=b"{}") as response:
        assert await response.read() == body


async def test_a_silent_provider_is_a_504_in_its_own_dialect(
    serve: Serve, upstream: Upstream
) -> None:
    loom = await serve((await upstream(never)).url, limits={"timeout_first_byte": 0.05})
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        body = await response.json()
    assert (response.status, body["type"], body["error"]["type"]) == (504, "error", "api_error")


async def test_an_unconfigured_provider_says_what_to_set(serve: Serve) -> None:
    base = "https://api.openai.com/v1"
    provider = make_provider(settings("openai", base, api_key=None))
    loom = await serve(providers={"openai": provider})
    async with loom.client.post(loom.url + CHAT, data=b"{}") as response:
        body = await response.json()
    assert (response.status, body["error"]["code"]) == (503, "not_configured")
    assert "LOOM_SERVER_OPENAI_API_KEY" in body["error"]["message"]


async def test_a_redirect_is_not_passed_on(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(answer(b"", 302, location="http://evil"))).url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert response.status == 502
        assert "evil" not in str(response.headers)


@pytest.mark.parametrize("script", [never, events(START, then=Line.stall)])
async def test_a_client_that_leaves_hangs_up(
    serve: Serve, upstream: Upstream, script: Script
) -> None:
    up = await upstream(script)
    loom = await serve(up.url)
    task = asyncio.create_task(read(loom))
    await up.arrived.wait()
    task.cancel()
    await asyncio.wait_for(up.gone.wait(), 1)


async def read(loom: Loom) -> bytes:
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        return await response.read()


async def test_a_provider_that_quotes_the_key_is_censored(serve: Serve, upstream: Upstream) -> None:
    script = answer({"error": {"message": f"Incorrect API key provided: {KEY}."}}, 401)
    loom = await serve((await upstream(script)).url)
    async with loom.client.post(loom.url + CHAT, data=b"{}") as response:
        body = await response.text()
    assert response.status == 401
    assert KEY not in body
    assert "[REDACTED" in json.loads(body)["error"]["message"]


async def test_tokens_of_streams_and_whole_answers_are_counted(
    serve: Serve, upstream: Upstream
) -> None:
    async def both(request: Received, line: Line) -> None:
        script = events(HELLO) if request.json().get("stream") else answer(MESSAGE)
        await script(request, line)

    loom = await serve((await upstream(both)).url)
    for body in ({"stream": True}, {}):
        async with loom.client.post(loom.url + MESSAGES, json=body) as response:
            await response.read()
    assert loom.metrics.tokens.value("anthropic", "claude-test", "output") == 14
    assert loom.metrics.tokens.value("anthropic", "claude-test", "input") == 50


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_the_tap_counts_the_same_however_the_bytes_are_cut(size: int) -> None:
    tap = UsageTap((b"event: message_stop",))
    tricky = sse("content_block_delta", delta={"text": '\n"usage": {"output_tokens": 999}\n'})
    data = START + tricky + END
    for start in range(0, len(data), size):
        tap.watch(data[start : start + size])
    assert (tap.usage, tap.is_ended) == (Usage(25, 7), True)


def test_text_cannot_imitate_the_end_of_a_stream() -> None:
    tap = UsageTap((b"event: message_stop",))
    tap.watch(START + text("\nevent: message_stop\n"))
    assert not tap.is_ended


def test_cached_tokens_are_kept_apart() -> None:
    tap = UsageTap()
    details = {"cached_tokens": 80}
    usage = {"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": details}
    tap.whole(json.dumps({"model": "m", "usage": usage}).encode())
    assert tap.usage == Usage(20, 5, cache_read_tokens=80)
