"""What comes back on a connection, as a provider's raw bytes: proper, odd, or hostile."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from loom.core.errors import ProviderError
from loom.server.outbound.pool import Pool
from loom.server.upstream import exchange_at
from tests.fakes.upstream import Line, Received, Script, answer
from tests.server.conftest import Upstream, within
from tests.server.outbound.conftest import LIMITS, ask

OK = b"HTTP/1.1 200 OK\r\n"


def says(*pieces: bytes, then_close: bool = False) -> Script:
    """A script that sends `pieces`, each in a write of its own."""

    async def script(request: Received, line: Line) -> None:
        for piece in pieces:
            await line.send(piece)
            await asyncio.sleep(0)
        if then_close:
            await line.close()

    return script


CHUNKED = (
    OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=1\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n"
)
PROPER = {
    "sized": (OK + b"Content-Length: 7\r\n\r\nabcdefg", False),
    "chunked": (CHUNKED, False),
    "to the end": (OK + b"\r\nabcdefg", True),
    "interim first": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" + CHUNKED,
        False,
    ),
    "of HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\nabcdefg", True),
}


@pytest.mark.parametrize(("said", "then_close"), PROPER.values(), ids=PROPER.keys())
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_proper_answer_is_read_however_it_is_cut(
    pool: Pool, upstream: Upstream, said: bytes, then_close: bool, size: int
) -> None:
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    up = await upstream(says(*pieces, then_close=then_close))
    assert await ask(pool, up.url) == b"abcdefg"
    assert await ask(pool, up.url) == b"abcdefg"
    assert up.connections == (2 if then_close else 1)


FLOOD = b"X: " + b"y" * 100_000 + b"\r\n"
IMPROPER = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": OK + b"A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "a chunk of no size": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "an endless head": OK + FLOOD * 8,
    "endless interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    "endless trailers": OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + FLOOD * 8,
    "cut in the head": OK + b"Content-Le",
    "cut in the body": OK + b"Content-Length: 9\r\n\r\nabc",
    "cut in a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc",
}


@pytest.mark.parametrize("said", IMPROPER.values(), ids=IMPROPER.keys())
async def test_an_improper_answer_is_an_error_and_the_connection_is_closed(
    pool: Pool, upstream: Upstream, said: bytes
) -> None:
    up = await upstream(says(said, then_close=True))
    with pytest.raises(ProviderError):
        await ask(pool, up.url)
    await within(1, lambda: pool.connections == 0)
    assert len(up.received) == 1


async def test_an_answer_that_nobody_asked_for_is_not_the_next_ones(
    pool: Pool, upstream: Upstream
) -> None:
    one = OK + b"Content-Length: 3\r\n\r\n"
    up = await upstream(says(one + b"abc" + one + b"xxx"))
    for _ in range(3):
        assert await ask(pool, up.url) == b"abc"
    assert up.connections == 3


async def test_bytes_on_an_idle_connection_close_it(pool: Pool, upstream: Upstream) -> None:
    up = await upstream(answer(b"abc"))
    await ask(pool, up.url)
    assert pool.connections == 1
    assert up.line is not None
    await up.line.send(OK + b"Content-Length: 3\r\n\r\nxxx")
    await within(1, lambda: pool.connections == 0)
    assert await ask(pool, up.url) == b"abc"


async def test_an_answer_before_the_request_is_all_sent_is_read(
    pool: Pool, stack: AsyncExitStack
) -> None:
    """The body is larger than the sockets hold, and nobody reads it."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stack.callback(writer.transport.abort)
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    await stack.enter_async_context(server)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with exchange_at(pool, LIMITS, url, headers={}, body=b"x" * 32_000_000) as exchange:
        assert (exchange.answer.status, await exchange.body()) == (413, b"no")
    await within(1, lambda: pool.connections == 0)


async def test_a_large_body_arrives_whole(pool: Pool, upstream: Upstream) -> None:
    up = await upstream(answer(b"ok"))
    body = bytes(range(256)) * 20_000
    for _ in range(2):
        assert await ask(pool, up.url, body) == b"ok"
    assert [request.body == body for request in up.received] == [True, True]
    assert up.connections == 1


async def test_a_header_cannot_begin_another(pool: Pool) -> None:
    for value in ("a\r\nX-Api-Key: b", "a\nb", "a\rb", "a\0b"):
        with pytest.raises(ValueError, match="line's end"):
            exchange_at(pool, LIMITS, "http://127.0.0.1:9/", headers={"X": value})
