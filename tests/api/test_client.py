import pytest

from loom.api.client import ServerClient
from loom.core.errors import AuthError, CodecError, LoomError
from loom.http import Address
from loom.secrets import Secret
from tests.fakes.upstream import RawUpstream, answer

HIT = {
    "title": "Loom",
    "url": "https://a.example/",
    "snippet": "",
    "display_link": "a.example",
    "rank": 1,
}
HEALTH = {
    "status": "unhealthy",
    "timestamp": "2026-01-31T12:00:00.000Z",
    "duration_ms": 1.5,
    "version": {"version": "1"},
    "components": {"database": {"status": "unhealthy", "error": "x"}},
}


def client(upstream: RawUpstream) -> ServerClient:
    return ServerClient(Address(upstream.url), Secret("lt_token"), timeout=2)


async def test_hits_are_typed_and_asked_for_with_the_token() -> None:
    async with RawUpstream(answer({"query": "loom", "results": [HIT]})) as upstream:
        (hit,) = (await client(upstream).search("loom", 3)).results
    assert (hit.title, hit.rank) == ("Loom", 1)
    (request,) = upstream.received
    assert request.json() == {"query": "loom", "max_results": 3}
    assert request.headers["authorization"] == "Bearer lt_token"


async def test_a_sick_server_still_tells_its_health() -> None:
    async with RawUpstream(answer(HEALTH, 503)) as upstream:
        health = await client(upstream).health()
    assert health.components["database"].error == "x"


async def test_a_refusal_keeps_its_message_and_hint() -> None:
    body = {"error": "unauthorized", "message": "wrong token", "hint": "set it"}
    async with RawUpstream(answer(body, 401)) as upstream:
        with pytest.raises(AuthError, match="wrong token") as refusal:
            await client(upstream).search("loom", 3)
    assert refusal.value.hint == "set it"


async def test_something_else_that_answers_is_told_apart() -> None:
    async with RawUpstream(answer(b"<html>")) as upstream:
        with pytest.raises(CodecError, match="no Loom server"):
            await client(upstream).search("loom", 3)


async def test_nobody_there_is_said_plainly() -> None:
    with pytest.raises(LoomError, match="cannot reach"):
        await ServerClient(Address("http://127.0.0.1:9"), None).health()
