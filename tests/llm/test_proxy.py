import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from loom.core import codec
from loom.core.errors import ProviderError, SessionError
from loom.core.llm import Completed, LlmError, LlmEvent, LlmRequest, LlmResponse, TextDelta
from loom.core.messages import Message, Text
from loom.llm.proxy import ProxyModel
from loom.secrets import Secret

REQUEST = LlmRequest("default", (Message("user", (Text("hi"),)),))
ANSWER = LlmResponse(Message("assistant", (Text("hello"),)), finish_reason="end_turn")
TOKEN = Secret("lt_secret")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Loom:
    """A server of one handler that speaks, or garbles, Loom's wire."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[tuple[web.Request, bytes]] = []
        self.is_gone = asyncio.Event()
        self.address = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request, await request.read()))
        try:
            return await self.handler(request)
        except asyncio.CancelledError:
            self.is_gone.set()
            raise

    def model(self, idle_timeout: float = 5.0) -> ProxyModel:
        return ProxyModel.at(self.address, TOKEN, idle_timeout=idle_timeout)


@asynccontextmanager
async def loom(handler: Handler, socket: Path | None = None) -> AsyncIterator[Loom]:
    server = Loom(handler)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site: web.BaseSite
    if socket:
        site = web.UnixSite(runner, str(socket))
        server.address = str(socket)
        await site.start()
    else:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def sent(event: LlmEvent) -> bytes:
    return b"event: llm\ndata: " + codec.encode(event) + b"\n\n"


def streams(*chunks: bytes, stalls: bool = False) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if stalls:
            await asyncio.Event().wait()
        return response

    return handler


def refuses(status: int, text: str, **headers: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return handler


async def events(model: ProxyModel, provider: str = "anthropic") -> list[LlmEvent]:
    try:
        return [event async for event in model.stream(provider, REQUEST)]
    finally:
        await model.close()


async def failure(model: ProxyModel) -> LlmError:
    *_, last = await events(model)
    assert isinstance(last, LlmError)
    return last


GOOD = [TextDelta("hel"), TextDelta("lo"), Completed(ANSWER)]


async def test_events_arrive_in_order_and_end_with_the_terminal_one():
    async with loom(streams(b": ping\n\n", *map(sent, GOOD), sent(TextDelta("late")))) as server:
        assert await events(server.model()) == GOOD


async def test_request_goes_to_the_provider_with_the_token():
    async with loom(streams(*map(sent, GOOD))) as server:
        await events(server.model(), "openai")
    request, body = server.requests[0]
    assert (request.method, request.path) == ("POST", "/proxy/openai/stream")
    assert request.headers["Authorization"] == "Bearer lt_secret"
    assert request.headers["User-Agent"].startswith("loom/")
    assert codec.decode(body, LlmRequest) == REQUEST


async def test_unix_socket_is_reached(tmp_path: Path):
    async with loom(streams(*map(sent, GOOD)), tmp_path / "s") as server:
        assert await events(server.model()) == GOOD


async def test_environment_proxy_is_not_asked_for_loopback(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with loom(streams(*map(sent, GOOD))) as server:
        assert await events(server.model()) == GOOD


async def test_stream_without_terminal_event_is_an_error():
    async with loom(streams(sent(TextDelta("hel")))) as server:
        first, last = await events(server.model())
    assert first == TextDelta("hel")
    assert isinstance(last, LlmError)
    assert last.kind == "transient"


async def test_connection_cut_in_an_event_is_a_transient_error():
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(sent(TextDelta("hel")) + b"event: llm\nda")
        assert request.transport
        request.transport.abort()
        return response

    async with loom(handler) as server:
        first, last = await events(server.model())
    assert first == TextDelta("hel")
    assert isinstance(last, LlmError)
    assert last.kind == "transient"


async def test_silence_ends_in_a_transient_error():
    async with loom(streams(b": ping\n\n", stalls=True)) as server:
        error = await failure(server.model(idle_timeout=0.05))
    assert error.kind == "transient"
    assert "silent" in error.message


async def test_pings_keep_a_slow_answer_alive():
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for _ in range(8):
            await response.write(b": ping\n\n")
            await asyncio.sleep(0.05)
        await response.write(b"".join(map(sent, GOOD)))
        return response

    async with loom(handler) as server:
        assert await events(server.model(idle_timeout=0.25)) == GOOD


async def test_closing_the_iterator_closes_the_connection():
    async with loom(streams(sent(TextDelta("a")), stalls=True)) as server:
        model = server.model()
        async with aclosing(model.stream("anthropic", REQUEST)) as stream:
            assert await anext(stream) == TextDelta("a")
        await asyncio.wait_for(server.is_gone.wait(), 5)
        await model.close()


async def test_cancelling_a_silent_stream_closes_the_connection():
    async with loom(streams(stalls=True)) as server:
        model = server.model()
        task = asyncio.create_task(events(model))
        while not server.requests:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait_for(server.is_gone.wait(), 5)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_refusal_carries_what_the_server_said():
    body = '{"error":"rate_limited","message":"slow down","retry_after":7.5,"request_id":"r1"}'
    async with loom(refuses(429, body)) as server:
        error = await failure(server.model())
    assert error == LlmError("slow down", "rate_limited", 7.5, 429, "r1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "auth"), (404, "invalid_request"), (429, "rate_limited"), (502, "transient")],
)
async def test_refusal_by_something_else_is_classified_by_its_status(status: int, kind: str):
    headers = {"Retry-After": "3"}
    async with loom(refuses(status, "<html>", **headers)) as server:
        error = await failure(server.model())
    assert (error.kind, error.status, error.retry_after) == (kind, status, 3.0)


async def test_page_instead_of_a_stream_is_an_invalid_response():
    async with loom(refuses(200, "<html>")) as server:
        assert (await failure(server.model())).kind == "invalid_response"


@pytest.mark.parametrize("data", ["{", "[]", '{"type":"text_delta","content":1}', "\xe9"])
async def test_garbled_event_is_an_invalid_response(data: str):
    chunk = b"event: llm\ndata: " + data.encode("latin-1") + b"\n\n"
    async with loom(streams(chunk)) as server:
        assert (await failure(server.model())).kind == "invalid_response"


async def test_events_of_a_newer_server_are_passed_over():
    newer = b'event: llm\ndata: {"type":"server_query","id":"Q-1"}\n\nevent: other\ndata: x\n\n'
    async with loom(streams(newer, *map(sent, GOOD))) as server:
        assert await events(server.model()) == GOOD


async def test_nobody_listening_is_said_with_the_address():
    error = await failure(ProxyModel.at("http://127.0.0.1:9", TOKEN))
    assert error.kind == "transient"
    assert "http://127.0.0.1:9" in error.message


@pytest.mark.parametrize("token", ["lt_abc\r", "lt_abc\nX: 1", "lt_ü", "\x00"])
async def test_token_that_no_header_can_carry_is_said_and_not_shown(token: str):
    model = ProxyModel.at("http://127.0.0.1:9", Secret(token))
    (only,) = await events(model)
    assert isinstance(only, LlmError)
    assert only.kind == "not_configured"
    assert "LOOM_TOKEN" in only.hint
    assert "lt_" not in str(only)


async def test_server_that_cannot_be_found_is_said():
    async def find() -> tuple[str, Secret]:
        raise SessionError("the server did not start", "Look into its log.")

    error = await failure(ProxyModel(find))
    assert error == LlmError(
        "the server did not start", "not_configured", hint="Look into its log."
    )


async def test_complete_gives_the_response():
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=codec.encode(ANSWER), content_type="application/json")

    async with loom(handler) as server:
        model = server.model()
        assert await model.complete("vertex", REQUEST) == ANSWER
        await model.close()


async def test_complete_raises_what_the_server_said():
    async with loom(refuses(503, '{"error":"not_configured","message":"no key"}')) as server:
        model = server.model()
        with pytest.raises(ProviderError) as caught:
            await model.complete("vertex", REQUEST)
        await model.close()
    assert caught.value.error == LlmError("no key", "not_configured", status=503)


async def test_models_are_listed():
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response({"models": [{"provider": "demo", "id": "demo"}]})

    async with loom(handler) as server:
        model = server.model()
        assert await model.models() == [{"provider": "demo", "id": "demo"}]
        await model.close()
