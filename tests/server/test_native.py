import asyncio
import gzip
import json
from io import BytesIO

import aiohttp
import pytest
from yarl import URL

from loom.server.llm.providers import make_provider
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
        "/proxy/anthropic/v1/../../admin",
        "/proxy/anthropic/v1/%2e%2e/%2e%2e/admin",
        "/proxy/anthropic/v1//models",
        "/proxy/anthropic/v1/models/a%0d%0aX:1",
        "/proxy/anthropic/v1/models/{0.__class__}",
    ],
)
async def test_a_client_chooses_no_other_path(serve: Serve, upstream: Upstream, path: str) -> None:
    up = await upstream(answer(b"{}"))
    loom = await serve(up.url)
    async with loom.client.get(URL(loom.url + path, encoded=True)) as response:
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


async def raw(loom: Loom, head: str, body: bytes = b"") -> bytes:
    """The answer to a request in these very bytes; the connection is closed after it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(loom.url.rpartition(":")[2]))
    lines = f"{head}Authorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    writer.write(lines.encode("latin-1") + body)
    answered = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answered


SMUGGLED = (
    "Host: elsewhere.example\r\nConnection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
    "Forwarded: for=1\r\nX-Forwarded-Host: evil\r\nTrue-Client-IP: 10.0.0.1\r\nTE: trailers\r\n"
    "X-Api-Key: mine\r\nX-Goog-Api-Key: mine\r\nProxy-Authorization: Basic eA==\r\n"
)


async def test_nothing_of_the_clients_connection_reaches_the_provider(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    await raw(loom, f"POST {MESSAGES} HTTP/1.1\r\n{SMUGGLED}Content-Length: 2\r\n", b"{}")
    (request,) = up.received
    assert request.headers.pop("host") == up.url.removeprefix("http://")
    assert request.headers.pop("x-api-key") == KEY
    expected = {"accept", "accept-encoding", "content-length", "content-type"}
    assert set(request.headers) == expected


BODIES = {
    "chunked": ("Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "packed": ("Content-Encoding: gzip\r\nContent-Length: 22\r\n", gzip.compress(b"{}")),
}


@pytest.mark.parametrize(("head", "body"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_reaches_the_provider_plain_and_whole(
    serve: Serve, upstream: Upstream, head: str, body: bytes
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    await raw(loom, f"POST {MESSAGES} HTTP/1.1\r\nHost: loom\r\n{head}", body)
    (request,) = up.received
    assert (request.body, request.headers["content-length"]) == (b"{}", "2")
    assert not {"content-encoding", "transfer-encoding"} & set(request.headers)


@pytest.mark.parametrize("path", [MESSAGES, "/proxy/anthropic/stream"])
async def test_a_body_that_cannot_be_unpacked_is_a_bad_request(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    head = f"POST {path} HTTP/1.1\r\nHost: loom\r\nContent-Encoding: gzip\r\n"
    reply = await raw(loom, f"{head}Content-Length: 9\r\n", b"not gzip!")
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert not up.received


async def test_a_body_of_64_mb_passes_and_one_byte_more_does_not(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    most = b"x" * 64 * 1024 * 1024
    for body, status in ((most, 200), (most + b"x", 413)):
        async with loom.client.post(loom.url + MESSAGES, data=BytesIO(body)) as response:
            assert response.status == status
    assert [len(request.body) for request in up.received] == [len(most)]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
async def test_no_other_method_reaches_the_provider(
    serve: Serve, upstream: Upstream, method: str
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    async with loom.client.request(method, loom.url + MESSAGES) as response:
        assert response.status == 405
    assert not up.received


@pytest.mark.parametrize("stream", ["yes", 1, None, [], {"a": 1}])
async def test_what_stream_means_is_the_providers_to_say(
    serve: Serve, upstream: Upstream, stream: object
) -> None:
    up = await upstream(events(HELLO))
    loom = await serve(up.url)
    async with loom.client.post(loom.url + MESSAGES, json={"stream": stream}) as response:
        assert await response.read() == HELLO
    assert up.received[0].json() == {"stream": stream}


async def test_a_model_called_default_passes_as_it_is(serve: Serve, upstream: Upstream) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    await loom.client.post(loom.url + MESSAGES, json={"model": "default"})
    assert up.received[0].json() == {"model": "default"}


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
