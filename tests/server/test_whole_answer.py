"""Answers that pass aiohttp's own Response by: what they still have to be."""

import asyncio
from contextlib import suppress

import pytest

from loom.server.sections.http import HttpSettings
from tests.fakes.upstream import answer
from tests.server.conftest import TOKEN, Loom, Serve, Upstream

MESSAGES = "/proxy/anthropic/v1/messages"
BODY = b'{"type": "message"}'
SITE = "https://app.example.com"


async def said(loom: Loom, request_line: str, *headers: str) -> tuple[bytes, bytes]:
    """(the answer as it came, with the connection's end; or without, when that stays open)."""
    host, port = loom.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [request_line, "Host: loom", f"Authorization: Bearer {TOKEN}", "Content-Length: 2"]
    writer.write("\r\n".join([*lines, *headers, "", "{}"]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(len(BODY))
    rest = b""
    with suppress(ConnectionError):
        writer.write(b"GET /health HTTP/1.1\r\nHost: loom\r\nConnection: close\r\n\r\n")
        rest = await reader.read()
    writer.close()
    assert body == BODY
    return head, rest


async def test_a_connection_is_kept_for_the_next_request(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(answer(BODY))).url)
    head, rest = await said(loom, f"POST {MESSAGES} HTTP/1.1")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection:" not in head.lower()
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("version", "asked", "told"),
    [("1.1", "close", b"close"), ("1.0", "close", None), ("1.0", "keep-alive", b"keep-alive")],
)
async def test_a_client_that_asks_for_it_is_left_or_kept(
    serve: Serve, upstream: Upstream, version: str, asked: str, told: bytes | None
) -> None:
    loom = await serve((await upstream(answer(BODY))).url)
    head, rest = await said(loom, f"POST {MESSAGES} HTTP/{version}", f"Connection: {asked}")
    assert head.startswith(f"HTTP/{version} 200 OK\r\n".encode())
    if told is not None:
        assert b"connection: " + told in head.lower()
    assert bool(rest) == (asked == "keep-alive")


async def test_what_browsers_may_do_with_it_is_ours_to_say(
    serve: Serve, upstream: Upstream
) -> None:
    lax = {
        "content_security_policy": "default-src *",
        "access_control_allow_origin": "*",
        "cross_origin_resource_policy": "cross-origin",
    }
    loom = await serve((await upstream(answer(BODY, **lax))).url)
    async with loom.client.post(loom.url + MESSAGES, data=b"{}") as response:
        headers = response.headers
        assert headers.getall("Content-Security-Policy") == [
            "default-src 'none'; frame-ancestors 'none'"
        ]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


async def test_a_page_of_an_allowed_origin_may_read_it(serve: Serve, upstream: Upstream) -> None:
    http = HttpSettings(allowed_origins=frozenset({SITE}))
    loom = await serve((await upstream(answer(BODY))).url, http=http)
    for origin, allowed in ((SITE, SITE), ("https://other.example.com", None)):
        sent = {"Origin": origin}
        async with loom.client.post(loom.url + MESSAGES, data=b"{}", headers=sent) as response:
            assert response.headers.get("Access-Control-Allow-Origin") == allowed
            assert ("Origin" in response.headers.get("Vary", "")) == (allowed is not None)


async def test_it_has_one_date_and_the_requests_id(serve: Serve, upstream: Upstream) -> None:
    then = "Wed, 21 Oct 2026 07:28:00 GMT"
    silent = await serve((await upstream(answer(BODY))).url)
    telling = await serve((await upstream(answer(BODY, date=then, x_request_id="theirs"))).url)
    mine = {"X-Request-Id": "mine"}
    async with silent.client.post(silent.url + MESSAGES, data=b"{}", headers=mine) as response:
        assert [date[-4:] for date in response.headers.getall("Date")] == [" GMT"]
        assert response.headers["X-Request-Id"] == "mine"
    async with telling.client.post(telling.url + MESSAGES, data=b"{}", headers=mine) as response:
        assert response.headers.getall("Date") == [then]
        assert response.headers["X-Request-Id"] == "theirs"
        assert response.headers["X-Loom-Request-Id"] == "mine"
