import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientError, encode_basic_auth

from loom.core.errors import ConfigError
from loom.http import Address, client_session, environment_proxy, parse_address, why_unreachable
from tests.fakes.upstream import Line, RawUpstream, Received, Script, answer


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:8080/", Address("http://127.0.0.1:8080")),
        ("https://loom.example/base", Address("https://loom.example/base")),
        ("/run/loom.sock", Address("http://localhost", "/run/loom.sock")),
        ("unix:/run/loom.sock", Address("http://localhost", "/run/loom.sock")),
        ("unix:///run/loom.sock", Address("http://localhost", "/run/loom.sock")),
    ],
)
def test_address_is_read(text: str, address: Address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "localhost:8080", "ftp://host", "http://", "http://[::1", "http://a:99999", "http://a b"],
)
def test_other_text_is_no_address(text: str):
    with pytest.raises(ConfigError):
        parse_address(text)


PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def proxied(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("https_proxy", PROXY.removeprefix("http://"))
    monkeypatch.setenv("no_proxy", "near.example")
    environment_proxy.cache_clear()
    yield
    environment_proxy.cache_clear()


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://localhost:1/v1", None),
        ("http://[::1]:1", None),
        ("http://127.9.9.9", None),
        ("https://near.example/v1", None),
        ("https://loom.example", PROXY),
        ("http://10.0.0.1:8080/v1", PROXY),
    ],
)
def test_environment_proxies_are_asked_only_for_other_machines(url: str, proxy: str | None):
    assert environment_proxy(url) == proxy


async def seen_by(proxy: Script, address: str, headers: dict[str, str]) -> Received:
    """The request for `address` as the machine's proxy sees it."""
    async with RawUpstream(proxy) as up:
        os.environ["http_proxy"] = up.url.replace("//", "//user:word@")
        async with (
            client_session(parse_address(address)) as session,
            session.get(address, headers=headers) as response,
        ):
            assert response.status == 200
        return up.received[0]


async def test_the_proxy_is_asked_and_its_own_password_goes_to_it_alone():
    request = await seen_by(answer(b""), "http://loom.example/a", {"Authorization": "Bearer lt_x"})
    assert request.path == "http://loom.example/a"
    assert request.headers["proxy-authorization"] == encode_basic_auth("user", "word")
    assert request.headers["authorization"] == "Bearer lt_x"


async def test_netrc_adds_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "netrc").write_text("default login somebody password hidden\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    request = await seen_by(answer(b""), "http://loom.example/b", {})
    assert "authorization" not in request.headers


async def told_of(address: str) -> str:
    """What is said of asking `address`, which gives no answer."""
    with pytest.raises(ClientError) as failed:
        async with client_session(parse_address(address)) as session, session.get(address):
            pass
    return why_unreachable(failed.value)


async def test_a_server_that_does_not_answer_is_told_in_plain_words():
    async with RawUpstream(Line.close) as up:
        assert await told_of(up.url) == "it hung up"
    assert await told_of(up.url) == "connection refused"


async def test_a_server_without_tls_is_told_so():
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await told_of(f"https://127.0.0.1:{port}") == "what listens there speaks no TLS"
