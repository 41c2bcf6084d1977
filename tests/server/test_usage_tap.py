import gzip
import json
from typing import Any

import pytest

from loom.core.messages import Usage
from loom.server.usage_tap import StreamTap, WholeTap
from tests.fakes.claude_wire import END, MESSAGE, START, sse, text
from tests.fakes.upstream import Line, Received, Script, answer, events
from tests.server.conftest import Loom, Serve, Upstream

MESSAGES = "/proxy/anthropic/v1/messages"
CHAT = "/proxy/openai/v1/chat/completions"
RESPONSES = "/proxy/openai/v1/responses"
HELLO = START + text("Hel") + text("lo") + END


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


async def in_chunks(request: Received, line: Line) -> None:
    """A whole answer as providers send it: its length is not told."""
    await line.head(content_type="application/json", transfer_encoding="chunked")
    body = json.dumps(MESSAGE).encode()
    await line.chunk(body[:40])
    await line.chunk(body[40:])
    await line.end()


async def packed(request: Received, line: Line) -> None:
    """A whole answer, compressed though nobody asked for that."""
    await line.whole(gzip.compress(json.dumps(MESSAGE).encode()), content_encoding="gzip")


async def packed_stream(request: Received, line: Line) -> None:
    await line.stream(content_encoding="gzip")
    await line.chunk(gzip.compress(HELLO))
    await line.end()


COUNTED = {
    "in chunks": in_chunks,
    "packed": packed,
    "a packed stream": packed_stream,
    "lines end with CR": events(HELLO.replace(b"\n", b"\r")),
    "lines end with CRLF": events(HELLO.replace(b"\n", b"\r\n")),
}


@pytest.mark.parametrize("script", COUNTED.values(), ids=COUNTED.keys())
async def test_tokens_are_counted_however_the_answer_travels(
    serve: Serve, upstream: Upstream, script: Script
) -> None:
    loom = await serve((await upstream(script)).url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        assert b"lo" in await response.read()
    assert counted(loom, "anthropic", "claude-test") == (25, 7)


def counted(loom: Loom, provider: str, model: str) -> tuple[float, float]:
    tokens = loom.metrics.tokens
    return tokens.value(provider, model, "input"), tokens.value(provider, model, "output")


def data(**fields: Any) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


PIECE = data(model="gpt", choices=[{"delta": {"content": "Hi"}}], usage=None)
DONE = b"data: [DONE]\n\n"
TOLD = data(model="gpt", choices=[], usage={"prompt_tokens": 11, "completion_tokens": 2})
FINAL = {"model": "gpt", "usage": {"input_tokens": 11, "output_tokens": 2}}
OPENAI = {
    "chat with usage": (CHAT, events(PIECE, TOLD + DONE), (11, 2)),
    "chat without usage": (CHAT, events(PIECE + DONE), (0, 0)),
    "responses": (RESPONSES, events(sse("response.completed", response=FINAL)), (11, 2)),
    "whole response": (RESPONSES, answer(FINAL), (11, 2)),
}


@pytest.mark.parametrize(("path", "script", "expected"), OPENAI.values(), ids=OPENAI.keys())
async def test_openais_tokens_are_counted_where_it_tells_them(
    serve: Serve, upstream: Upstream, path: str, script: Script, expected: tuple[int, int]
) -> None:
    loom = await serve((await upstream(script)).url)
    async with loom.client.post(loom.url + path, data=b"{}") as response:
        await response.read()
    assert counted(loom, "openai", "gpt") == expected


def test_anthropics_later_totals_replace_its_earlier_ones() -> None:
    tap = StreamTap((b"event: message_stop",))
    tap.watch(START)
    for total in (3, 9, 12):
        tap.watch(sse("message_delta", usage={"output_tokens": total, "input_tokens": 30}))
    assert tap.usage == Usage(30, 12)


@pytest.mark.parametrize("model", [None, "", "m"])
def test_odd_numbers_and_models_do_no_harm(model: str | None) -> None:
    tap = WholeTap()
    usage = {"input_tokens": -5, "output_tokens": 3, "cache_read_input_tokens": -1}
    tap.watch(json.dumps({"model": model, "usage": usage}).encode())
    tap.close()
    assert (tap.usage, tap.model) == (Usage(0, 3), model or "")


def test_an_answer_too_large_to_keep_is_not_counted_and_not_kept() -> None:
    tap = WholeTap()
    for _ in range(5):
        tap.watch(b" " * 1024 * 1024)
    tap.watch(b'{"usage": {"output_tokens": 5}}')
    tap.close()
    assert tap.usage == Usage()


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_the_tap_counts_the_same_however_the_bytes_are_cut(size: int) -> None:
    tap = StreamTap((b"event: message_stop",))
    tricky = sse("content_block_delta", delta={"text": '\n"usage": {"output_tokens": 999}\n'})
    data = START + tricky + END
    for start in range(0, len(data), size):
        tap.watch(data[start : start + size])
    assert (tap.usage, tap.is_ended) == (Usage(25, 7), True)


def test_text_cannot_imitate_the_end_of_a_stream() -> None:
    tap = StreamTap((b"event: message_stop",))
    tap.watch(START + text("\nevent: message_stop\n"))
    assert not tap.is_ended


def test_cached_tokens_are_kept_apart() -> None:
    tap = WholeTap()
    details = {"cached_tokens": 80}
    usage = {"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": details}
    tap.watch(json.dumps({"model": "m", "usage": usage}).encode())
    tap.close()
    assert tap.usage == Usage(20, 5, cache_read_tokens=80)
