import asyncio
import socket
from contextlib import ExitStack, suppress

import aiohttp
import pytest

from loom.server.keys import POOL
from loom.server.llm.providers import make_provider
from loom.server.sections.http import HttpSettings
from tests.fakes.claude_wire import END, MESSAGE, START, sse, text
from tests.fakes.upstream import Line, RawUpstream, Received, Script, answer, events, never
from tests.server.conftest import KEY, Answer, Serve, Upstream, ask, settings, within

HELLO = (START, text("Hel"), text("lo"), END)


async def test_a_stream_carries_the_deltas_and_one_completed(
    serve: Serve, upstream: Upstream
) -> None:
    loom = await serve((await upstream(events(*HELLO))).url)
    reply = await loom.stream()
    assert reply.status == 200
    assert reply.body.startswith(b": ping\n\n")
    assert [event["type"] for event in reply.events] == ["text_delta", "text_delta", "completed"]
    assert reply.text == "Hello"


async def test_the_request_reaches_the_provider_with_the_servers_key_and_model(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(events(*HELLO))
    loom = await serve(up.url)
    await loom.stream()
    (request,) = up.received
    assert request.headers["x-api-key"] == KEY
    assert request.json()["model"] == "claude-test"
    assert "lt_test" not in str(request)


async def test_complete_answers_in_one_piece(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(answer(MESSAGE))).url)
    async with loom.client.post(f"{loom.url}/proxy/anthropic/complete", json=ask()) as response:
        body = await response.json()
    assert body["message"]["content"] == [{"type": "text", "text": "Hello"}]
    assert body["usage"]["output_tokens"] == 7


async def test_the_connection_to_the_provider_is_used_again(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(events(*HELLO))
    loom = await serve(up.url)
    for _ in range(3):
        await loom.stream()
    assert (len(up.received), up.connections) == (3, 1)


async def half_a_character(request: Received, line: Line) -> None:
    await line.stream()
    await line.chunk(START + text("é").split(b"\xa9")[0])
    await line.end()


OVERLOADED = sse("error", error={"type": "overloaded_error", "message": "Overloaded"})
BROKEN = {
    "dies": events(START, text("Hel"), then=Line.die),
    "ends early": events(START, text("Hel")),
    "garbage": events(START, b"event: content_block_delta\ndata: {not json\n\n"),
    "error event": events(START, OVERLOADED),
    "half a character": half_a_character,
    "nothing": events(),
    "html": answer(b"<html><title>Welcome</title>", 200, "text/html"),
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
async def test_whatever_breaks_a_stream_ends_in_one_error_event(
    serve: Serve, upstream: Upstream, script: Script
) -> None:
    loom = await serve((await upstream(script)).url)
    reply = await loom.stream()
    kinds = [event["type"] for event in reply.events]
    assert kinds.count("error") == 1
    assert kinds[-1] == "error"
    assert reply.events[-1]["message"]


async def test_a_429_stays_a_429_with_its_retry_after(serve: Serve, upstream: Upstream) -> None:
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    loom = await serve((await upstream(answer(body, 429, retry_after="7"))).url)
    for path in ("stream", "complete"):
        async with loom.client.post(f"{loom.url}/proxy/anthropic/{path}", json=ask()) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "7")
            told = await response.json()
        assert (told["error"], told["retry_after"]) == ("rate_limited", 7.0)


@pytest.mark.parametrize(
    ("upstream_status", "status", "kind"),
    [
        (529, 502, "transient"),
        (500, 502, "transient"),
        (401, 502, "auth"),
        (400, 400, "invalid_request"),
    ],
)
async def test_a_refusal_before_the_stream_is_a_status(
    serve: Serve, upstream: Upstream, upstream_status: int, status: int, kind: str
) -> None:
    body = {"type": "error", "error": {"type": "whatever", "message": "no"}}
    loom = await serve((await upstream(answer(body, upstream_status))).url)
    reply = await loom.stream()
    assert (reply.status, reply.json()["error"]) == (status, kind)
    assert reply.json()["request_id"] == reply.headers["X-Request-Id"]


async def test_a_late_refusal_is_the_last_event(serve: Serve, upstream: Upstream) -> None:
    async def late(request: Received, line: Line) -> None:
        await asyncio.sleep(0.1)
        await line.whole(b'{"error": {"type": "rate_limit_error"}}', 429, retry_after="7")

    loom = await serve((await upstream(late)).url, head_wait=0.02)
    reply = await loom.stream()
    assert reply.status == 200
    assert [(e["type"], e["kind"], e["retry_after"]) for e in reply.events] == [
        ("error", "rate_limited", 7.0)
    ]


async def test_pings_fill_the_silence_from_the_start(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(never)).url, head_wait=0.01, ping_interval=0.02)
    async with loom.client.post(f"{loom.url}/proxy/anthropic/stream", json=ask()) as response:
        assert await response.content.readexactly(24) == b": ping\n\n" * 3


async def test_a_silent_provider_is_given_up(serve: Serve, upstream: Upstream) -> None:
    up = await upstream(never)
    loom = await serve(up.url, limits={"timeout_first_byte": 0.05}, head_wait=5)
    reply = await loom.stream()
    assert (reply.status, reply.json()["error"]) == (504, "transient")
    await asyncio.wait_for(up.gone.wait(), 1)


async def test_a_provider_that_falls_silent_is_given_up(serve: Serve, upstream: Upstream) -> None:
    up = await upstream(events(START, text("Hel"), then=Line.stall))
    loom = await serve(up.url, limits={"timeout_idle": 0.05})
    reply = await loom.stream()
    assert [event["type"] for event in reply.events] == ["text_delta", "error"]
    assert "0.05 seconds" in reply.events[-1]["message"]
    await asyncio.wait_for(up.gone.wait(), 1)


async def test_an_unreachable_provider_is_a_transient_error(serve: Serve) -> None:
    loom = await serve("http://127.0.0.1:9")
    reply = await loom.stream()
    assert (reply.status, reply.json()["error"]) == (502, "transient")


async def test_a_redirect_is_not_followed(serve: Serve, upstream: Upstream) -> None:
    other = await upstream(answer(MESSAGE))
    up = await upstream(answer(b"", 307, location=other.url + "/v1/messages"))
    loom = await serve(up.url)
    assert (await loom.stream()).status == 502
    assert not other.received


ROUTES = (
    "anthropic/stream",
    "anthropic/complete",
    "anthropic/v1/messages",
    "anthropic/v1/messages/count_tokens",
    "openai/stream",
    "openai/complete",
    "openai/v1/chat/completions",
    "openai/v1/responses",
)


@pytest.mark.parametrize("script", [never, events(START, then=Line.stall)])
@pytest.mark.parametrize("path", ROUTES)
async def test_a_client_that_leaves_hangs_up_within_100_ms(
    serve: Serve, upstream: Upstream, script: Script, path: str
) -> None:
    # The machine may be busy with something else for a moment, hence the best of five.
    times = [await hang_up_time(serve, await upstream(script), path) for _ in range(2)]
    while min(times) > 0.1 and len(times) < 5:
        times.append(await hang_up_time(serve, await upstream(script), path))
    assert min(times) <= 0.1


async def hang_up_time(serve: Serve, up: RawUpstream, path: str) -> float:
    """Seconds from a client's leaving to the provider's noticing."""
    loom = await serve(up.url)
    task = asyncio.create_task(Answer.of(loom.client, f"{loom.url}/proxy/{path}", ask()))
    await up.arrived.wait()
    left = asyncio.get_running_loop().time()
    task.cancel()
    await asyncio.wait_for(up.gone.wait(), 2)
    await within(1, lambda: loom.metrics.streams.value(path.partition("/")[0]) == 0)
    await within(1, lambda: loom.app[POOL].connections == 0)
    return up.gone_at - left


async def test_a_client_that_leaves_before_the_provider_is_reached_leaves_nothing(
    serve: Serve,
) -> None:
    """The listener's queue is full, so that the connection is never made."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        address = full.getsockname()
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        loom = await serve(f"http://127.0.0.1:{address[1]}")
        task = asyncio.create_task(loom.stream())
        await within(2, lambda: loom.metrics.proxied.value("anthropic", "loom"))
        assert loom.metrics.streams.value("anthropic") == 1
        task.cancel()
        await within(1, lambda: loom.metrics.streams.value("anthropic") == 0)


@pytest.mark.parametrize("path", ["stream", "v1/messages"])
async def test_a_client_that_does_not_read_stops_the_provider(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    size = 64 * 1024 * 1024

    async def flood(request: Received, line: Line) -> None:
        await line.stream()
        await line.chunk(START)
        while line.sent < size:
            await line.chunk(text("x" * 32_000))

    up = await upstream(flood)
    loom = await serve(up.url)
    async with loom.client.post(f"{loom.url}/proxy/anthropic/{path}", json=ask()) as response:
        assert response.status == 200
        sent = await settled(up)
        assert sent < size / 2


@pytest.mark.parametrize("path", ["stream", "v1/messages"])
async def test_a_client_that_takes_a_byte_now_and_then_is_let_go(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    async def flood(request: Received, line: Line) -> None:
        await line.stream()
        await line.chunk(START)
        while True:
            await line.chunk(text("x" * 32_000))

    up = await upstream(flood)
    loom = await serve(up.url, http=HttpSettings(timeout_client=0.3))
    async with loom.client.post(f"{loom.url}/proxy/anthropic/{path}", json=ask()) as response:
        with suppress(aiohttp.ClientError):
            async with asyncio.timeout(10):
                while not up.gone.is_set():
                    await response.content.readexactly(1)
                    await asyncio.sleep(0.05)  # slow, which is what this is about
    await within(5, up.gone.is_set)
    await within(5, lambda: loom.metrics.streams.value("anthropic") == 0)


@pytest.mark.parametrize("path", ["stream", "complete"])
async def test_an_answer_that_drips_for_ever_is_given_up(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    async def drip(request: Received, line: Line) -> None:
        await line.stream()
        while True:
            await line.chunk(b": \n\n")
            await asyncio.sleep(0.02)

    up = await upstream(drip)
    loom = await serve(up.url, limits={"timeout_answer": 0.3, "timeout_idle": 5.0})
    url = f"{loom.url}/proxy/anthropic/{path}"
    async with asyncio.timeout(10), loom.client.post(url, json=ask()) as response:
        assert "had not ended its answer after 0.3 seconds" in await response.text()
    await within(5, up.gone.is_set)


async def settled(up: RawUpstream) -> int:
    """How much the provider could send until nobody took any more."""
    await within(5, lambda: up.line is not None)
    assert up.line is not None
    before = -1
    while up.line.sent != before:
        before = up.line.sent
        await asyncio.sleep(0.3)
    return before


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model": 1, "messages": []}', b"\xff"])
async def test_what_is_no_request_is_refused(serve: Serve, body: bytes) -> None:
    loom = await serve()
    async with loom.client.post(f"{loom.url}/proxy/anthropic/stream", data=body) as response:
        assert response.status == 400
        assert (await response.json())["error"] == "invalid_request"


async def test_an_unknown_provider_is_not_found(serve: Serve) -> None:
    loom = await serve()
    assert (await loom.stream("nobody")).status == 404


async def test_too_large_a_body_is_refused(serve: Serve) -> None:
    loom = await serve(body_limit=1024)
    async with loom.client.post(f"{loom.url}/proxy/anthropic/stream", data=b"x" * 2048) as response:
        assert (response.status, (await response.json())["error"]) == (413, "too_large")


async def test_tokens_are_counted_by_kind(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(events(*HELLO))).url)
    await loom.stream()
    tokens = loom.metrics.tokens
    assert tokens.value("anthropic", "claude-test", "input") == 25
    assert tokens.value("anthropic", "claude-test", "output") == 7


async def test_the_events_of_one_chunk_leave_together(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(events(START + text("a") * 50 + END))).url)
    async with loom.client.post(f"{loom.url}/proxy/anthropic/stream", json=ask()) as response:
        chunks = [data async for data, _ in response.content.iter_chunks()]
    assert sum(chunk.count(b"text_delta") > 1 for chunk in chunks) == 1


async def test_what_never_reached_the_provider_is_no_failure_of_its(
    serve: Serve, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    up = await upstream(events(*HELLO))
    without = make_provider(settings("anthropic", "https://api.anthropic.com", api_key=None))
    loom = await serve(
        providers={"anthropic": without, "openai": make_provider(settings("openai", up.url))}
    )
    assert (await loom.stream()).json()["error"] == "not_configured"
    assert (await loom.stream("openai", messages=[])).json()["error"] == "invalid_request"
    text = loom.metrics.text()
    assert "loom_proxy_upstream_errors_total{" not in text
    assert "loom_proxy_requests_total{" not in text
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    assert not up.received


async def test_a_refused_request_is_counted_and_logged_once(
    serve: Serve, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    loom = await serve((await upstream(answer(b"{}", 500))).url)
    await loom.stream()
    assert loom.metrics.proxied.value("anthropic", "loom") == 1
    assert loom.metrics.upstream_errors.value("anthropic", "transient") == 1
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


async def test_a_slow_client_is_not_taken_for_a_silent_provider(
    serve: Serve, upstream: Upstream
) -> None:
    """The provider sends all it has at once; the client takes longer than the limit to read it."""
    piece = text("x" * 64_000)
    loom = await serve(
        (await upstream(events(START, *[piece] * 200, END))).url, limits={"timeout_idle": 0.1}
    )
    for path, body in (("stream", ask()), ("v1/messages", {"stream": True})):
        url = f"{loom.url}/proxy/anthropic/{path}"
        async with loom.client.post(url, json=body) as response:
            await response.content.readexactly(100)
            await asyncio.sleep(0.4)  # longer than the limit, which is what this is about
            rest = await response.read()
        assert rest.rstrip().endswith(b"}")
        assert rest.count(b"x" * 64_000) >= 199
