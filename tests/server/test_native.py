import asyncio
import gzip
import json

import aiohttp
import pytest

from loom.server.llm.providers import make_provider
from tests.fakes.claude_wire import END, MESSAGE, START, sse, text
from tests.fakes.upstream import Line, Received, Script, answer, events, never
from tests.server.conftest import KEY, Loom, Serve, Upstream, settings, within

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


@pytest.mark.parametrize("value", ["0", "7", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_retry_after_passes_unchanged(serve: Serve, upstream: Upstream, value: str) -> None:
    headers = {"retry_after": value, "anthropic_ratelimit_requests_remaining": "0"}
    up = await upstream(answer(b"{}", 429, **headers))
    loom = await serve(up.url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, value)
        assert response.headers["Anthropic-Ratelimit-Requests-Remaining"] == "0"
    assert len(up.received) == 1


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


async def test_a_stream_that_drips_for_ever_is_cut_off(serve: Serve, upstream: Upstream) -> None:
    limits = {"timeout_answer": 0.3, "timeout_idle": 5.0}
    up = await upstream(dripping)
    loom = await serve(up.url, limits=limits)
    url = loom.url + MESSAGES
    async with asyncio.timeout(10), loom.client.post(url, data=b"{}") as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    await within(5, up.gone.is_set)


async def dripping(request: Received, line: Line) -> None:
    """Never silent for long, and never done."""
    await line.stream()
    await line.chunk(START)
    while True:
        await line.chunk(b": \n\n")
        await asyncio.sleep(0.02)


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


async def test_a_packed_refusal_is_censored_too(serve: Serve, upstream: Upstream) -> None:
    async def refuse(request: Received, line: Line) -> None:
        body = gzip.compress(json.dumps({"error": KEY}).encode())
        await line.whole(body, 401, content_encoding="gzip")

    loom = await serve((await upstream(refuse)).url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert await response.json() == {"error": "[REDACTED]"}
        assert "content-encoding" not in response.headers


async def test_a_packed_answer_is_unpacked(serve: Serve, upstream: Upstream) -> None:
    loom = await serve(
        (await upstream(answer(gzip.compress(b'{"a": 1}'), content_encoding="gzip"))).url
    )
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert await response.json() == {"a": 1}
        assert response.content_length == 8
        assert "content-encoding" not in response.headers


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_a_body_passes(
    serve: Serve, upstream: Upstream, status: int
) -> None:
    async def empty(request: Received, line: Line) -> None:
        await line.head(status)

    loom = await serve((await upstream(empty)).url)
    async with loom.client.get(loom.url + "/proxy/openai/v1/models") as response:
        assert (response.status, await response.read()) == (status, b"")


async def test_another_protocol_is_not_passed_on(serve: Serve, upstream: Upstream) -> None:
    async def switch(request: Received, line: Line) -> None:
        await line.head(101, upgrade="raw", connection="upgrade")
        await line.stall()

    loom = await serve((await upstream(switch)).url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert response.status == 502


async def test_after_a_cut_the_next_request_is_served(serve: Serve, upstream: Upstream) -> None:
    async def first_cut(request: Received, line: Line) -> None:
        await (events(START, then=Line.die) if len(up.received) == 1 else answer(MESSAGE))(
            request, line
        )

    up = await upstream(first_cut)
    loom = await serve(up.url)
    with pytest.raises(aiohttp.ClientPayloadError):
        await read(loom)
    assert json.loads(await read(loom)) == MESSAGE


DEEP = b'{"usage": {"output_tokens": 1}, "a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"


@pytest.mark.parametrize("script", [answer(DEEP), events(START, b"data: " + DEEP + b"\n\n", END)])
async def test_json_too_deep_to_count_passes(
    serve: Serve, upstream: Upstream, script: Script
) -> None:
    loom = await serve((await upstream(script)).url)
    assert DEEP in await read(loom)
