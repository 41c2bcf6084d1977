"""What of a client's request reaches a provider on its native wire, and in which form."""

import asyncio
import gzip
import ssl
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path

import pytest
from yarl import URL

from loom.server.llm.providers import make_provider
from tests.fakes.claude_wire import END, MESSAGE, START, text
from tests.fakes.upstream import answer, events
from tests.server.conftest import KEY, TOKEN, Loom, Serve, Upstream, ask, settings

MESSAGES = "/proxy/anthropic/v1/messages"
CHAT, CHAT_THERE = "/proxy/openai/v1/chat/completions", "/chat/completions"
HELLO = START + text("Hel") + text("lo") + END
SELF_SIGNED = Path(__file__).parents[1] / "fakes" / "tls" / "self_signed.pem"


async def test_the_key_is_swapped_and_nothing_of_the_clients_account_passes(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    headers = {
        "x-api-key": TOKEN,
        "Cookie": "session=1",
        "OpenAI-Organization": "org",
        "X-Forwarded-For": "10.0.0.1",
        "Connection": "keep-alive, X-Hop",
        "X-Hop": "1",
        "anthropic-beta": "tools",
        "Anthropic-Workspace-Id": "wrkspc_dear",
        "Content-Type": "application/json; charset=utf-7",
    }
    await loom.client.post(loom.url + MESSAGES, data=b'{"x": 1}', headers=headers)
    (request,) = up.received
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-beta"] == "tools"
    assert request.body == b'{"x": 1}'
    assert TOKEN not in str(request)
    assert request.headers["content-type"] == "application/json"
    gone = ("authorization", "cookie", "openai-organization", "anthropic-workspace-id", "x-hop")
    for name in (*gone, "x-forwarded-for"):
        assert name not in request.headers


async def test_openai_gets_its_key_as_a_bearer(serve: Serve, upstream: Upstream) -> None:
    up = await upstream(answer({"object": "list", "data": []}))
    loom = await serve(up.url + "/v1")
    await loom.client.get(loom.url + "/proxy/openai/v1/models?limit=2")
    (request,) = up.received
    assert (request.method, request.path) == ("GET", "/v1/models?limit=2")
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(("path", "there"), [(MESSAGES, "/v1/messages"), (CHAT, CHAT_THERE)])
async def test_nothing_of_the_address_chooses_what_the_body_does(
    serve: Serve, upstream: Upstream, path: str, there: str
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    for query, passed in (("?beta=true&model=dear&n=9", "?beta=true"), ("?model=dear", "")):
        await loom.client.post(loom.url + path + query, json={"model": "cheap"})
        assert up.received[-1].path == there + passed


async def test_a_local_server_without_a_key_gets_no_credentials(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer({"data": []}))
    provider = make_provider(settings("openai", up.url, api_key=None))
    loom = await serve(providers={"openai": provider})
    await loom.client.get(loom.url + "/proxy/openai/v1/models")
    assert "authorization" not in up.received[0].headers


@pytest.mark.parametrize(
    "path",
    [
        "/proxy/anthropic/v1/models/..%2f..%2fadmin",
        "/proxy/anthropic/v1/models/a%2Fb",
        "/proxy/anthropic/v1/models/.env",
        "/proxy/anthropic/http://elsewhere/v1/messages",
        "/proxy/anthropic/v1/complete",
        "/proxy/anthropic/v1/../../admin",
        "/proxy/anthropic/v1/%2e%2e/%2e%2e/admin",
        "/proxy/anthropic/v1//models",
        "/proxy/anthropic/v1/models/a%0d%0aX:1",
        "/proxy/anthropic/v1/models/{0.__class__}",
    ],
)
async def test_a_client_chooses_no_other_path(serve: Serve, upstream: Upstream, path: str) -> None:
    up = await upstream(answer(b"{}"))
    loom = await serve(up.url)
    async with loom.client.get(URL(loom.url + path, encoded=True)) as response:
        assert response.status in (404, 405)
    assert not up.received


ELSEWHERE = {
    "X-Portkey-Custom-Host": "{}",
    "X-Forwarded-Host": "{}",
    "Forwarded": "host={}",
    "Host": "{}",
    "X-Base-Url": "{}",
}


@pytest.mark.parametrize(
    "path", [MESSAGES, "/proxy/anthropic/stream", "/proxy/openai/v1/responses"]
)
async def test_nothing_that_a_client_says_names_another_host(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    other, up = await upstream(answer(MESSAGE)), await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    for name, value in ELSEWHERE.items():
        where = other.url if "Url" in name else other.url.removeprefix("http://")
        body = {**ask(), "api_base": other.url, "base_url": other.url, "host": other.url}
        headers = {name: value.format(where)}
        async with loom.client.post(
            f"{loom.url}{path}?base_url={other.url}", json=body, headers=headers
        ):
            pass
    assert not other.received
    assert {request.headers["host"] for request in up.received} == {up.url.removeprefix("http://")}


async def raw(loom: Loom, head: str, body: bytes = b"") -> bytes:
    """The answer to a request in these very bytes; the connection is closed after it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(loom.url.rpartition(":")[2]))
    lines = f"{head}Authorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    writer.write(lines.encode("latin-1") + body)
    answered = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answered


SMUGGLED = (
    "Host: elsewhere.example\r\nConnection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
    "Forwarded: for=1\r\nX-Forwarded-Host: evil\r\nTrue-Client-IP: 10.0.0.1\r\nTE: trailers\r\n"
    "X-Api-Key: mine\r\nX-Goog-Api-Key: mine\r\nProxy-Authorization: Basic eA==\r\n"
)


async def test_nothing_of_the_clients_connection_reaches_the_provider(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    await raw(loom, f"POST {MESSAGES} HTTP/1.1\r\n{SMUGGLED}Content-Length: 2\r\n", b"{}")
    (request,) = up.received
    assert request.headers.pop("host") == up.url.removeprefix("http://")
    assert request.headers.pop("x-api-key") == KEY
    assert request.headers.pop("user-agent").startswith("loom/")
    expected = {"accept", "accept-encoding", "content-length", "content-type"}
    assert set(request.headers) == expected


async def test_the_clients_own_user_agent_passes(serve: Serve, upstream: Upstream) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    headers = {"User-Agent": "somebody/1"}
    await loom.client.post(loom.url + MESSAGES, data=b"{}", headers=headers)
    assert up.received[0].headers["user-agent"] == "somebody/1"


BODIES = {
    "chunked": ("Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "packed": ("Content-Encoding: gzip\r\nContent-Length: 22\r\n", gzip.compress(b"{}")),
}


@pytest.mark.parametrize(("head", "body"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_reaches_the_provider_plain_and_whole(
    serve: Serve, upstream: Upstream, head: str, body: bytes
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    await raw(loom, f"POST {MESSAGES} HTTP/1.1\r\nHost: loom\r\n{head}", body)
    (request,) = up.received
    assert (request.body, request.headers["content-length"]) == (b"{}", "2")
    assert not {"content-encoding", "transfer-encoding"} & set(request.headers)


@pytest.mark.parametrize("path", [MESSAGES, "/proxy/anthropic/stream"])
async def test_a_body_that_cannot_be_unpacked_is_a_bad_request(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    head = f"POST {path} HTTP/1.1\r\nHost: loom\r\nContent-Encoding: gzip\r\n"
    reply = await raw(loom, f"{head}Content-Length: 9\r\n", b"not gzip!")
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert not up.received


async def test_a_body_of_64_mb_passes_and_one_byte_more_does_not(
    serve: Serve, upstream: Upstream
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    most = b"{}" + b" " * (64 * 1024 * 1024 - 2)
    for body, status in ((most, 200), (most + b" ", 413)):
        async with loom.client.post(loom.url + MESSAGES, data=BytesIO(body)) as response:
            assert response.status == status
    assert [len(request.body) for request in up.received] == [len(most)]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
async def test_no_other_method_reaches_the_provider(
    serve: Serve, upstream: Upstream, method: str
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    async with loom.client.request(method, loom.url + MESSAGES) as response:
        assert response.status == 405
    assert not up.received


@pytest.mark.parametrize("stream", ["yes", 1, None, [], {"a": 1}])
async def test_what_stream_means_is_the_providers_to_say(
    serve: Serve, upstream: Upstream, stream: object
) -> None:
    up = await upstream(events(HELLO))
    loom = await serve(up.url)
    async with loom.client.post(loom.url + MESSAGES, json={"stream": stream}) as response:
        assert await response.read() == HELLO
    assert up.received[0].json() == {"stream": stream}


async def test_a_model_called_default_passes_as_it_is(serve: Serve, upstream: Upstream) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    await loom.client.post(loom.url + MESSAGES, json={"model": "default"})
    assert up.received[0].json() == {"model": "default"}


@pytest.mark.parametrize("path", [MESSAGES, "/proxy/openai/v1/responses"])
@pytest.mark.parametrize("body", [b'{"model":"a","model":"b"}', b'{"Model":"b"}', b"\xff", b""])
async def test_what_may_be_read_otherwise_than_loom_reads_it_is_passed_to_nobody(
    serve: Serve, upstream: Upstream, path: str, body: bytes
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    async with loom.client.post(loom.url + path, data=body) as response:
        assert response.status == 400
        assert "read in one way" in (await response.json())["error"]["message"]
    assert not up.received


@pytest.mark.parametrize("path", [MESSAGES, "/proxy/anthropic/complete"])
async def test_what_is_no_models_name_is_remembered_nowhere(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    up = await upstream(answer(MESSAGE))
    loom = await serve(up.url)
    async with loom.client.post(loom.url + path, json=ask(model="m" * 257)) as response:
        assert response.status == 400
        assert "257 letters" in await response.text()
    assert not up.received


HERE = "127.0.0.1"


async def test_a_provider_that_cannot_prove_its_name_is_told_nothing(
    serve: Serve, stack: AsyncExitStack
) -> None:
    """Its certificate is made out to localhost, by nobody that anybody trusts."""
    told: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(await reader.read(1))
        writer.close()

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(SELF_SIGNED)
    server = await stack.enter_async_context(await asyncio.start_server(listen, HERE, 0, ssl=tls))
    loom = await serve(f"https://{HERE}:{server.sockets[0].getsockname()[1]}")
    for path in (MESSAGES, "/proxy/anthropic/stream"):
        async with loom.client.post(loom.url + path, json=ask()) as response:
            assert response.status == 502
            assert "SSLCertVerificationError" in await response.text()
    assert not told
