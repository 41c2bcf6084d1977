"""Several accounts behind both wires, each a provider of its own on a real socket."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from loom.secrets import Secret
from loom.server.keys import ACCOUNTS
from loom.server.llm.base import AccountSettings, PoolSettings
from loom.server.llm.providers import make_provider
from tests.fakes.claude_wire import END, MESSAGE, START, text
from tests.fakes.upstream import Line, RawUpstream, Script, answer, events, never
from tests.server.conftest import Loom, Serve, Upstream, ask, settings, within

MESSAGES = "/proxy/anthropic/v1/messages"
BODY = {"model": "claude-sonnet-5-5", "max_tokens": 10, "messages": []}
GOOD = answer(MESSAGE)
STREAM = events(START, text("Hi"), END)


def refusal(status: int, kind: str, words: str = "no", **headers: str) -> Script:
    body = {"type": "error", "error": {"type": kind, "message": words}}
    return answer(body, status, **headers)


LIMITED = refusal(429, "rate_limit_error", retry_after="17")


class Accounts:
    """A server whose provider has an account at each upstream, asked in their order."""

    def __init__(self, loom: Loom, upstreams: Mapping[str, RawUpstream]) -> None:
        self.loom = loom
        self.upstreams = upstreams

    @property
    def asked(self) -> dict[str, int]:
        return {name: len(each.received) for name, each in self.upstreams.items()}

    async def native(self, **fields: Any) -> tuple[int, Mapping[str, str], bytes]:
        url = self.loom.url + MESSAGES
        async with self.loom.client.post(url, json={**BODY, **fields}) as response:
            return response.status, response.headers, await response.read()

    async def states(self) -> dict[str, str]:
        async with self.loom.client.get(self.loom.url + "/api/admin/accounts") as response:
            listed = (await response.json())["accounts"]
        return {each["name"]: each["state"] for each in listed if each["provider"] == "anthropic"}


async def started(
    serve: Serve,
    upstream: Upstream,
    *scripts: Script,
    pool: PoolSettings | None = None,
    **limits: float,
) -> Accounts:
    upstreams = {f"a{n}": await upstream(script) for n, script in enumerate(scripts, 1)}
    accounts = tuple(
        AccountSettings(name, Secret(f"sk-key-of-{name}"), each.url)
        for name, each in upstreams.items()
    )
    made = settings(
        "anthropic",
        "http://127.0.0.1:9",
        accounts=accounts,
        pool=pool or PoolSettings("first_available"),
        **limits,
    )
    loom = await serve(providers={"anthropic": make_provider(made)}, is_team=True)
    return Accounts(loom, upstreams)


BROKEN = {
    "a refused key": refusal(401, "authentication_error"),
    "a forbidden key": refusal(403, "permission_error"),
    "a used up plan": refusal(400, "invalid_request_error", "Your credit balance is too low"),
    "a rate limit": LIMITED,
    "an overload": refusal(529, "overloaded_error"),
    "a dead socket": lambda request, line: line.die(),
    "silence": never,
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
async def test_the_next_account_answers_on_the_native_wire(
    serve: Serve, upstream: Upstream, script: Script
) -> None:
    accounts = await started(serve, upstream, script, GOOD, timeout_first_byte=0.3)
    status, _, body = await accounts.native()
    assert (status, json.loads(body)) == (200, MESSAGE)
    assert accounts.asked == {"a1": 1, "a2": 1}
    (second,) = accounts.upstreams["a2"].received
    assert second.headers["x-api-key"] == "sk-key-of-a2"
    assert second.json() == BODY


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
async def test_the_next_account_answers_on_looms_own_wire(
    serve: Serve, upstream: Upstream, script: Script
) -> None:
    accounts = await started(serve, upstream, script, STREAM, timeout_first_byte=0.3)
    answered = await accounts.loom.stream()
    assert (answered.status, answered.text) == (200, "Hi")
    assert [e["type"] for e in answered.events].count("completed") == 1
    assert accounts.asked == {"a1": 1, "a2": 1}


async def test_a_whole_answer_of_looms_own_wire_fails_over_too(
    serve: Serve, upstream: Upstream
) -> None:
    accounts = await started(serve, upstream, LIMITED, GOOD)
    url = accounts.loom.url + "/proxy/anthropic/complete"
    async with accounts.loom.client.post(url, json=ask()) as response:
        assert response.status == 200


async def test_once_a_byte_is_out_nobody_else_is_asked_natively(
    serve: Serve, upstream: Upstream
) -> None:
    dying = events(START, text("Hel"), then=Line.die)
    accounts = await started(serve, upstream, dying, STREAM)
    async with accounts.loom.client.post(accounts.loom.url + MESSAGES, json=BODY) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    assert accounts.asked == {"a1": 1, "a2": 0}


async def test_once_an_event_is_out_nobody_else_is_asked(serve: Serve, upstream: Upstream) -> None:
    dying = events(START, text("Hel"), then=Line.die)
    accounts = await started(serve, upstream, dying, STREAM)
    answered = await accounts.loom.stream()
    assert answered.text == "Hel"
    assert answered.events[-1]["type"] == "error"
    assert accounts.asked == {"a1": 1, "a2": 0}


async def test_a_stream_that_dies_before_its_first_event_is_begun_elsewhere(
    serve: Serve, upstream: Upstream
) -> None:
    accounts = await started(serve, upstream, events(b": hello\n\n", then=Line.die), STREAM)
    answered = await accounts.loom.stream()
    assert answered.text == "Hi"


async def test_when_all_are_out_the_last_refusal_passes_as_it_came(
    serve: Serve, upstream: Upstream
) -> None:
    accounts = await started(serve, upstream, refusal(529, "overloaded_error"), LIMITED)
    status, headers, body = await accounts.native()
    assert (status, headers["Retry-After"]) == (429, "17")
    assert json.loads(body)["error"]["type"] == "rate_limit_error"


async def test_while_all_rest_nobody_is_asked_and_the_client_is_told_how_long(
    serve: Serve, upstream: Upstream
) -> None:
    accounts = await started(serve, upstream, LIMITED, LIMITED)
    await accounts.native()
    status, headers, body = await accounts.native()
    assert (status, headers["Retry-After"]) == (429, "17")
    assert json.loads(body)["error"]["type"] == "rate_limit_error"
    answered = await accounts.loom.stream(model=BODY["model"])
    assert (answered.status, answered.headers["Retry-After"]) == (429, "17")
    assert accounts.asked == {"a1": 1, "a2": 1}


async def test_no_more_than_three_accounts_are_asked(serve: Serve, upstream: Upstream) -> None:
    accounts = await started(serve, upstream, *[refusal(500, "api_error")] * 4)
    status, _, _ = await accounts.native()
    assert status == 500
    assert sum(accounts.asked.values()) == 3


async def test_a_wrong_request_is_asked_once(serve: Serve, upstream: Upstream) -> None:
    accounts = await started(serve, upstream, refusal(400, "invalid_request_error"), GOOD)
    status, _, _ = await accounts.native()
    assert status == 400
    assert accounts.asked == {"a1": 1, "a2": 0}


async def test_a_request_that_all_refuse_disables_none(serve: Serve, upstream: Upstream) -> None:
    forbidden = refusal(403, "permission_error", "no access to this model")
    accounts = await started(serve, upstream, forbidden, forbidden)
    status, _, body = await accounts.native(model="secret-model")
    assert (status, json.loads(body)["error"]["type"]) == (403, "permission_error")
    assert await accounts.states() == {"a1": "available", "a2": "available"}


async def test_the_health_of_each_account_is_told_and_never_its_key(
    serve: Serve, upstream: Upstream
) -> None:
    bad = refusal(401, "authentication_error", "invalid key sk-key-of-a1")
    accounts = await started(serve, upstream, bad, GOOD)
    await accounts.native()
    texts = []
    for path in ("/health", "/metrics", "/api/admin/accounts"):
        async with accounts.loom.client.get(accounts.loom.url + path) as response:
            texts.append(await response.text())
    health, metrics, listed = texts
    assert '"name":"a1","state":"disabled"' in health
    assert json.loads(health)["components"]["llm_providers"]["providers"][0]["status"] == "degraded"
    assert 'loom_proxy_account_available{provider="anthropic",account="a1"} 0' in metrics
    assert 'loom_proxy_account_available{provider="anthropic",account="a2"} 1' in metrics
    assert 'loom_proxy_failovers_total{provider="anthropic"} 1' in metrics
    first = json.loads(listed)["accounts"][0]
    assert (first["state"], first["failed"]) == ("disabled", 1)
    assert "[REDACTED]" in first["last_error"]
    assert not any("sk-key" in text for text in texts)


async def test_an_account_can_be_taken_back_into_service(serve: Serve, upstream: Upstream) -> None:
    accounts = await started(serve, upstream, refusal(401, "authentication_error"), GOOD)
    await accounts.native()
    assert await accounts.states() == {"a1": "disabled", "a2": "available"}
    url = accounts.loom.url + "/api/admin/accounts/anthropic/a1/revive"
    async with accounts.loom.client.post(url) as response:
        assert response.status == 200
    assert await accounts.states() == {"a1": "available", "a2": "available"}
    async with accounts.loom.client.post(url.replace("a1", "a9")) as response:
        assert response.status == 404


async def test_a_full_provider_lets_wait_and_then_refuses(serve: Serve, upstream: Upstream) -> None:
    pool = PoolSettings(max_concurrent=1, max_queued=0)
    accounts = await started(serve, upstream, never, pool=pool, timeout_first_byte=5.0)
    client, url = accounts.loom.client, accounts.loom.url + MESSAGES
    session = aiohttp.ClientSession(headers=client.headers)
    request = session.post(url, json=BODY)
    try:
        held = asyncio.ensure_future(request)
        await within(5, lambda: accounts.asked["a1"])
        status, headers, body = await accounts.native()
        assert (status, headers["Retry-After"]) == (429, "1")
        assert "busy" in json.loads(body)["error"]["message"]
        held.cancel()
        await asyncio.wait([held])
    finally:
        await session.close()
    # The place came back with the client that left.
    await within(5, lambda: accounts.loom.app[ACCOUNTS]["anthropic"].running == 0)
