"""The fake as an aiohttp application on loopback: routes, the record, and the misbehaviour."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.fakes.providers import chat, messages
from tests.fakes.providers.chat import ChatWire
from tests.fakes.providers.gemini import GeminiWire
from tests.fakes.providers.messages import MessagesWire
from tests.fakes.providers.responses import ResponsesWire
from tests.fakes.providers.script import Asked, Refusal, Script, Step, Trouble, Turn, default_script
from tests.fakes.providers.validation import BadRequest
from tests.fakes.providers.wire import Wire, sse

HALF_CHARACTER = b'data: {"half": "\xe2\x82'


@dataclass
class Recorded:
    """One request that came in.

    Attributes:
        is_gone: set when the client went away before the answer's end.
        problem: why the request was refused, or empty.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    asked: Asked | None = None
    problem: str = ""
    is_gone: asyncio.Event = field(default_factory=asyncio.Event)


class FakeProvider:
    """Plays a script to whoever asks, on every wire; each turn of a sequence is played once.

    Args:
        script: turns in order, or a function of what is asked.
    """

    def __init__(self, script: Script = default_script, *, port: int = 0) -> None:
        self._script = script
        self._next = 0
        self._port = port
        self.requests: list[Recorded] = []
        self.arrived = asyncio.Event()
        self.url = ""

    @property
    def openai_url(self) -> str:
        """The base URL as OpenAI's clients want it."""
        return f"{self.url}/v1"

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app(), handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        post, get = app.router.add_post, app.router.add_get
        for base in ("", "/v1"):
            post(f"{base}/messages", self._on(MessagesWire()))
            post(f"{base}/messages/count_tokens", self._count)
            post(f"{base}/chat/completions", self._on(ChatWire()))
            post(f"{base}/responses", self._on(ResponsesWire()))
            get(f"{base}/models", self._models)
        models = "/{scope:.*}publishers/{publisher}/models/{model}"
        claude, gemini = self._on(MessagesWire(is_vertex=True)), self._on(GeminiWire())
        for method in ("rawPredict", "streamRawPredict"):
            post(f"{models}:{method}", claude)
        for method in ("generateContent", "streamGenerateContent"):
            post(f"{models}:{method}", gemini)
        return app

    def _on(self, wire: Wire) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            record = await self._recorded(request)
            try:
                return await self._answer(request, wire, record)
            except (asyncio.CancelledError, ConnectionResetError):
                record.is_gone.set()
                raise

        return handle

    async def _recorded(self, request: web.Request) -> Recorded:
        text = await request.text()
        body = json.loads(text) if text else {}
        record = Recorded(request.method, request.path_qs, dict(request.headers), body)
        self.requests.append(record)
        self.arrived.set()
        return record

    async def _answer(
        self, request: web.Request, wire: Wire, record: Recorded
    ) -> web.StreamResponse:
        if not {"authorization", "x-api-key", "x-goog-api-key"} & set(
            map(str.lower, request.headers)
        ):
            refusal = Refusal(401, "authentication_error", "no key")
            return _refused(wire, refusal)
        try:
            record.asked = wire.asked(record.body)
        except BadRequest as error:
            record.problem = str(error)
            return _refused(wire, Refusal(400, "invalid_request_error", str(error)))
        step = self._step(record.asked)
        if isinstance(step, Refusal):
            return _refused(wire, step)
        model = request.match_info.get("model") or record.asked.model
        is_stream = record.asked.is_stream or ":stream" in request.path
        if step.trouble is Trouble.SILENCE:
            await asyncio.Event().wait()
        if not is_stream:
            return web.Response(body=wire.whole(step, model), content_type="application/json")
        return await _streamed(request, wire, step, model)

    def _step(self, asked: Asked) -> Step:
        if callable(self._script):
            return self._script(asked)
        if self._next >= len(self._script):
            return Refusal(500, "api_error", "the script has ended")
        self._next += 1
        return self._script[self._next - 1]

    async def _count(self, request: web.Request) -> web.Response:
        record = await self._recorded(request)
        try:
            return web.Response(
                body=messages.count_tokens(record.body), content_type="application/json"
            )
        except BadRequest as error:
            record.problem = str(error)
            return _refused(MessagesWire(), Refusal(400, "invalid_request_error", str(error)))

    async def _models(self, request: web.Request) -> web.Response:
        await self._recorded(request)
        is_anthropic = "anthropic-version" in request.headers
        body = messages.models() if is_anthropic else chat.models()
        return web.Response(body=body, content_type="application/json")


def _refused(wire: Wire, refusal: Refusal) -> web.Response:
    if refusal.body:
        return web.Response(
            status=refusal.status,
            text=refusal.body,
            content_type="text/html",
            headers=refusal.headers,
        )
    return web.Response(
        status=refusal.status,
        body=wire.refusal(refusal),
        content_type="application/json",
        headers=refusal.headers,
    )


async def _streamed(request: web.Request, wire: Wire, turn: Turn, model: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    events = wire.stream(turn, model)
    if turn.trouble is not Trouble.NONE:
        events = events[: -wire.closing]
    for event in events:
        if turn.delay:
            await asyncio.sleep(turn.delay)
        await response.write(event)
    await _misbehave(request, response, wire, turn.trouble)
    return response


async def _misbehave(
    request: web.Request, response: web.StreamResponse, wire: Wire, trouble: Trouble
) -> None:
    match trouble:
        case Trouble.STALL:
            await asyncio.Event().wait()
        case Trouble.DIE:
            if request.transport is not None:
                request.transport.abort()
        case Trouble.GARBAGE:
            await response.write(sse("<garbage>"))
        case Trouble.ERROR:
            await response.write(wire.error_event())
        case Trouble.HALF_CHARACTER:
            await response.write(HALF_CHARACTER)
