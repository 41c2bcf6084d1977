"""Connections used again: when they are, when not, and that none is left behind."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from loom.core.errors import ProviderError
from loom.server.outbound.pool import Pool
from loom.server.outbound.target import Origin, Target, parse_target
from loom.server.upstream import exchange_at
from tests.fakes.upstream import Line, Received, Script, answer, never
from tests.server.conftest import Upstream, within
from tests.server.outbound.conftest import LIMITS, ask

PEM = Path(__file__).parents[2] / "fakes" / "tls" / "self_signed.pem"


async def test_a_connection_that_was_closed_while_it_idled_is_not_used(
    pool: Pool, upstream: Upstream
) -> None:
    async def once(request: Received, line: Line) -> None:
        await line.whole(b"abc")
        await line.close()

    up = await upstream(once)
    for _ in range(3):
        assert await ask(pool, up.url) == b"abc"
        await within(1, lambda: pool.connections == 0)
    assert len(up.received) == 3


def breaks(at: int, with_bytes: bytes = b"") -> Script:
    """A script that answers, but breaks the connection at its `at`th request."""
    count = 0

    async def script(request: Received, line: Line) -> None:
        nonlocal count
        count += 1
        if count != at:
            await line.whole(b"abc")
            return
        if with_bytes:
            await line.send(with_bytes)
        await line.close()

    return script


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_used_connection_that_closes_without_a_byte_is_tried_once_more(
    pool: Pool, upstream: Upstream, method: str
) -> None:
    up = await upstream(breaks(at=2))
    for _ in range(2):
        assert await ask(pool, up.url, method=method) == b"abc"
    assert (len(up.received), up.connections) == (3, 2)


NOT_AGAIN = {
    "a byte came": (2, b"H"),
    "an interim answer came": (2, b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the connection was fresh": (1, b""),
}


@pytest.mark.parametrize(("at", "said"), NOT_AGAIN.values(), ids=NOT_AGAIN.keys())
async def test_nothing_else_is_sent_twice(
    pool: Pool, upstream: Upstream, at: int, said: bytes
) -> None:
    up = await upstream(breaks(at, said))
    with pytest.raises(ProviderError):
        for _ in range(2):
            await ask(pool, up.url)
    assert len(up.received) == at


async def test_silence_is_no_reason_to_send_again(pool: Pool, upstream: Upstream) -> None:
    async def second_stalls(request: Received, line: Line) -> None:
        await (answer(b"abc") if len(up.received) == 1 else never)(request, line)

    up = await upstream(second_stalls)
    await ask(pool, up.url)
    hasty = type(LIMITS)(timeout_first_byte=0.05)
    with pytest.raises(ProviderError, match=r"0\.05 seconds"):
        async with exchange_at(pool, hasty, up.url, headers={}, body=b"{}"):
            pass
    assert len(up.received) == 2
    await within(1, lambda: pool.connections == 0)


async def test_what_idles_too_long_is_closed(upstream: Upstream) -> None:
    up = await upstream(answer(b"abc"))
    async with Pool(kept=0.05) as pool:
        await ask(pool, up.url)
        assert pool.connections == 1
        await within(1, lambda: pool.connections == 0)


async def test_a_closed_pool_leaves_no_connection(upstream: Upstream) -> None:
    up = await upstream(never)
    async with Pool() as pool:
        task = asyncio.create_task(ask(pool, up.url))
        await up.arrived.wait()
    with pytest.raises(ProviderError):
        await task
    await asyncio.wait_for(up.gone.wait(), 1)


@pytest.fixture
async def secure(stack: AsyncExitStack) -> int:
    """The port of an HTTPS server, which says what it was asked; its name is localhost."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {request.path_qs} {request.host}")

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(PEM)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    port: int = runner.addresses[0][1]
    return port


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(PEM))


async def test_tls_is_spoken_to_who_proves_the_name(secure: int) -> None:
    async with Pool(trusting()) as pool:
        for _ in range(2):
            said = await ask(pool, f"https://localhost:{secure}/v1/a?b=c")
        assert said.decode() == f"POST /v1/a?b=c localhost:{secure}"
        assert pool.connections == 1
        with pytest.raises(ProviderError, match="SSLCertVerificationError"):
            await ask(pool, f"https://127.0.0.1:{secure}/")


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a real HTTP proxy that asks for a password."""
    listening = tmp_path / "port"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0"),
        *("--port-file", str(listening), "--basic-auth", "me:secret", "--num-workers", "1"),
        *("--data-dir", str(tmp_path), "--log-level", "ERROR"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await within(20, lambda: listening.exists() and listening.read_text().strip())
        yield f"http://me:secret@127.0.0.1:{int(listening.read_text())}"
    finally:
        process.terminate()
        await process.wait()


async def test_an_http_proxy_is_gone_through(proxy: str, secure: int, upstream: Upstream) -> None:
    up = await upstream(answer(b"plain"))
    async with Pool(trusting(), proxy_of=lambda url: proxy) as pool:
        assert await ask(pool, up.url + "/a") == b"plain"
        assert (
            await ask(pool, f"https://localhost:{secure}/b")
            == f"POST /b localhost:{secure}".encode()
        )
        with pytest.raises(ProviderError, match="SSLCertVerificationError"):
            await ask(pool, f"https://127.0.0.1:{secure}/")
    assert "secret" not in str(up.received)
    assert "proxy-authorization" not in up.received[0].headers


async def test_a_proxy_that_will_not_is_an_error(
    proxy: str, secure: int, upstream: Upstream
) -> None:
    up = await upstream(answer(b"plain"))
    stranger = proxy.replace("me:secret@", "")
    async with Pool(trusting(), proxy_of=lambda url: stranger) as pool:
        with pytest.raises(ProviderError, match="ProxyRefused"):
            await ask(pool, f"https://localhost:{secure}/")
    async with Pool(proxy_of=lambda url: "socks5://127.0.0.1:1080") as pool:
        with pytest.raises(ProviderError, match="ProxyRefused"):
            await ask(pool, up.url)
    assert not up.received


TARGETS = {
    "https://api.example/v1": Target(Origin("api.example", 443, True), "api.example", "/v1"),
    "http://[::1]:80/": Target(Origin("::1", 80, False), "[::1]", "/"),
    "http://a:81/b c?d=é": Target(Origin("a", 81, False), "a:81", "/b%20c?d=%C3%A9"),
    "https://bücher.example/": Target(
        Origin("xn--bcher-kva.example", 443, True), "xn--bcher-kva.example", "/"
    ),
    "http://u:p@a/": Target(Origin("a", 80, False), "a", "/", "Basic dTpw"),
}


@pytest.mark.parametrize(("url", "target"), TARGETS.items())
def test_a_url_is_taken_apart(url: str, target: Target) -> None:
    assert parse_target(url) == target


@pytest.mark.parametrize("url", ["", "/v1", "ftp://a/", "http://", "a:80"])
def test_what_is_no_http_url_has_no_target(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        parse_target(url)


async def test_aiohttp_reads_the_request_as_it_was_meant(
    secure: int, stack: AsyncExitStack
) -> None:
    """The same as aiohttp's own client sends."""
    connector = aiohttp.TCPConnector(ssl=trusting())
    client = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
    url = f"https://localhost:{secure}/a%2Fb?c=d&e=%20f+g"
    async with client.post(url, data=b"{}") as response, Pool(trusting()) as pool:
        assert await ask(pool, url) == await response.read()
