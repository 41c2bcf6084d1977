import asyncio
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from loom.core.errors import ConfigError
from loom.server.forwarded import client_address
from loom.server.routing import Access, Route
from loom.server.sections.http import HttpSettings, read_http
from loom.server.tls import tls_context
from tests.server.conftest import Serve, TeamUp

PEM = Path(__file__).parents[1] / "fakes" / "tls" / "self_signed.pem"
LOOPBACK = (ip_network("127.0.0.0/8"),)
ELSEWHERE = (ip_network("10.0.0.0/8"),)
SITE = "https://app.example.com"
FORWARDED = {
    "X-Forwarded-For": "203.0.113.7, 127.0.0.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "loom.example.com",
}


async def mirror(request: web.Request) -> web.Response:
    return web.json_response([request.remote, request.scheme, request.host])


async def socket(request: web.Request) -> web.WebSocketResponse:
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    await answer.send_str("hello")
    await answer.close()
    return answer


ROUTES = (
    Route("GET", "/mirror", mirror, Access.PUBLIC),
    Route("POST", "/mirror", mirror, Access.SIGNED_IN),
    Route("GET", "/socket", socket, Access.SIGNED_IN),
)


async def test_a_proxy_that_is_trusted_names_the_client(serve: Serve) -> None:
    loom = await serve(routes=ROUTES, http=HttpSettings(trusted_proxies=LOOPBACK))
    async with loom.client.get(loom.url + "/mirror", headers=FORWARDED) as answer:
        assert await answer.json() == ["203.0.113.7", "https", "loom.example.com"]
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("trusted", [(), ELSEWHERE])
async def test_nobody_else_is_believed(serve: Serve, trusted: tuple) -> None:
    loom = await serve(routes=ROUTES, http=HttpSettings(trusted_proxies=trusted))
    async with loom.client.get(loom.url + "/mirror", headers=FORWARDED) as answer:
        assert await answer.json() == ["127.0.0.1", "http", loom.url.removeprefix("http://")]
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("", "127.0.0.1"),
        ("198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 127.0.0.2, 127.0.0.3", "198.51.100.1"),
        ("198.51.100.1, nonsense", "127.0.0.1"),
        ("198.51.100.1, <script>, 127.0.0.2", "127.0.0.2"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("127.0.0.4", "127.0.0.4"),
        (",,", "127.0.0.1"),
    ],
)
def test_the_first_address_from_the_right_that_no_proxy_has_is_the_clients(
    header: str, client: str
) -> None:
    assert client_address("127.0.0.1", header, LOOPBACK) == client


async def test_every_answer_tells_browsers_to_run_nothing(serve: Serve) -> None:
    loom = await serve()
    for path in ("/health", "/api/models", "/nowhere"):
        async with loom.client.get(loom.url + path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_no_other_sites_page_may_read_unless_it_is_named(serve: Serve) -> None:
    asking = {
        "Origin": SITE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    for origins, status in ((frozenset(), 404), (frozenset({SITE}), 204)):
        loom = await serve(http=HttpSettings(allowed_origins=origins))
        async with loom.client.options(loom.url + "/api/models", headers=asking) as answer:
            assert answer.status in (status, 405)
            allowed = answer.headers.get("Access-Control-Allow-Origin")
            assert allowed == (SITE if origins else None)
            assert "Access-Control-Allow-Credentials" not in answer.headers
        other = {"Origin": "https://evil.example"}
        async with loom.client.get(loom.url + "/api/models", headers=other) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("browser", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "{own}"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "{own}"}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
    ],
)
async def test_a_write_by_cookie_comes_from_our_own_page(
    team: TeamUp, browser: dict[str, str], status: int
) -> None:
    loom = await team(routes=ROUTES)
    cookie = await loom.cookie(await loom.sign_up("alice@example.com"))
    headers = {name: value.format(own=loom.url) for name, value in browser.items()}
    assert (await loom.call("POST", "/mirror", {**cookie, **headers})).status == status


async def test_a_socket_by_cookie_is_opened_from_our_own_page_alone(team: TeamUp) -> None:
    loom = await team(routes=ROUTES)
    cookie = await loom.cookie(await loom.sign_up("alice@example.com"))
    async with aiohttp.ClientSession(headers=cookie) as client:
        async with client.ws_connect(loom.url + "/socket", origin=loom.url) as opened:
            assert await opened.receive_str() == "hello"
        for origin in ("https://evil.example", None):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(loom.url + "/socket", origin=origin)
            assert refused.value.status == 403


async def test_a_connection_that_says_its_request_a_byte_at_a_time_is_closed(serve: Serve) -> None:
    loom = await serve(http=HttpSettings(timeout_head=0.3))
    host, _, port = loom.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nX: ")
    ended = asyncio.create_task(reader.read(1))
    async with asyncio.timeout(10):
        while not ended.done():
            writer.write(b"a")
            await asyncio.wait([ended], timeout=0.1)
    assert isinstance(ended.exception(), ConnectionError) or ended.result() == b""
    writer.close()


async def test_a_connection_that_has_asked_may_rest(serve: Serve) -> None:
    loom = await serve(http=HttpSettings(timeout_head=0.05))
    host, _, port = loom.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for _ in range(2):
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
        assert b"healthy" in await reader.readexactly(size) or size
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.3):
                await reader.read(1)
    writer.close()


async def test_a_body_that_does_not_come_is_a_408(serve: Serve) -> None:
    loom = await serve(http=HttpSettings(timeout_body=0.2))
    host, _, port = loom.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /proxy/anthropic/complete HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + loom.client.headers["Authorization"].removeprefix("Bearer ").encode()
        + b"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    async with asyncio.timeout(10):
        assert b" 408 " in await reader.readline()
    writer.close()


def test_files_that_are_no_certificate_are_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    for settings in (HttpSettings(tls_cert=wrong), HttpSettings(tls_cert=tmp_path / "absent.pem")):
        with pytest.raises(ConfigError, match="tls_cert"):
            tls_context(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy.local"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("TLS_KEY", "/key.pem"),
    ],
)
def test_a_wrong_setting_of_the_network_is_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable.lower()):
        read_http({}, {f"LOOM_SERVER_{variable}": value})


def test_lists_are_read_from_variables_and_from_the_file() -> None:
    file = {"http": {"trusted_proxies": ["10.0.0.0/8", "::1"], "cors_origins": [SITE]}}
    variables = {
        "LOOM_SERVER_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "LOOM_SERVER_CORS_ORIGINS": SITE,
    }
    assert read_http(file, {}) == read_http({}, variables)
