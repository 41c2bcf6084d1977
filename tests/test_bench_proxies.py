"""The proxies' bench tells right from wrong: its provider, its floors, its judges."""

import asyncio
import random
from collections.abc import Callable

import pytest

from bench.proxies.answers import is_native, is_own, is_own_part, native_body
from bench.proxies.client import connect
from bench.proxies.contestants import (
    Arena,
    Ask,
    Contestant,
    claude_body,
    floor_path,
    messages_path,
    plain,
)
from bench.proxies.leaving import left, stats
from bench.proxies.processes import HERE, port, started
from bench.proxies.rough import Crowd

WHOLE = native_body(7, 3)


def test_only_the_providers_bytes_are_right() -> None:
    assert is_native(WHOLE, 7, 3, 3, is_whole=True)
    assert is_native(WHOLE[:400], 7, 3, 2, is_whole=False)
    for wrong in (WHOLE[:-1], WHOLE + b"\n", WHOLE.replace(b"7:1;", b"7:2;"), native_body(8, 3)):
        assert not is_native(wrong, 7, 3, 3, is_whole=True)
    assert not is_native(WHOLE, 7, 3, 2, is_whole=False)


def own(*events: str) -> bytes:
    return b": ping\n\n" + b"".join(f"event: llm\ndata: {e}\n\n".encode() for e in events)


TEXT = '{"type":"text_delta","content":"7:0;7:1;"}'


def test_looms_events_must_be_in_order_and_end_once() -> None:
    assert is_own(own(TEXT, '{"type":"completed"}'), 7, 2, is_whole=True)
    assert is_own(own(TEXT, '{"type":"error"}'), 7, 3, is_whole=False)
    assert is_own_part(own(TEXT), 7)
    for wrong in (
        own(TEXT),
        own(TEXT, TEXT, '{"type":"completed"}'),
        own(TEXT, '{"type":"completed"}', '{"type":"completed"}'),
        own(TEXT, '{"type":"error"}'),
    ):
        assert not is_own(wrong, 7, 2, is_whole=True)
    assert not is_own_part(own(TEXT.replace("7:1", "7:2")), 7)


@pytest.mark.parametrize(
    ("floor", "path"), [("aiohttp_floor.py", floor_path), ("raw_floor.py", messages_path)]
)
def test_a_floor_passes_on_what_the_provider_says_and_lets_go_of_it(
    floor: str, path: Callable[[bool], str]
) -> None:
    with (
        started([HERE / "upstream.py"]) as upstream,
        plain("floor", floor, f"http://127.0.0.1:{(at := port(upstream))}", path) as proxy,
    ):
        provider = Contestant("provider", upstream.pid, at, messages_path, claude_body)
        assert b"message_stop" in asyncio.run(asked(proxy, Ask("bench-n3-d1")))
        assert b"Hello there." in asyncio.run(asked(proxy, Ask("bench-n1-d0", is_stream=False)))
        assert left(proxy, provider, Ask("bench-n3000-d50"), 5).leaked == 0
        assert stats(provider)["aborted"] == 5


async def asked(proxy: Contestant, ask: Ask) -> bytes:
    client = await connect(proxy.port)
    tail = (await client.ask(proxy.request(ask))).tail
    client.leave()
    return tail


def test_a_crowd_tells_right_bytes_from_wrong_ones() -> None:
    with (
        started([HERE / "upstream.py"]) as upstream,
        plain("floor", "raw_floor.py", f"http://127.0.0.1:{(at := port(upstream))}") as proxy,
    ):
        provider = Contestant("provider", upstream.pid, at, messages_path, claude_body)
        honest = Crowd(Arena(provider, proxy, proxy, proxy, {}), random.Random(1))
        asyncio.run(honest.run(30, 2.5))
        assert honest.came["whole"] and not honest.came["wrong"], honest.wrong
        # Judged as Loom's own wire, on which the same bytes are wrong.
        other = Crowd(Arena(provider, provider, proxy, proxy, {}), random.Random(1))
        asyncio.run(other.run(30, 2.5))
        assert other.came["wrong"]
