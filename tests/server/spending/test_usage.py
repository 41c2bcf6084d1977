import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loom.core.messages import Usage
from loom.server.keys import BOOKS
from loom.server.spending.usage import UsageRecord, add
from loom.server.spending.usage_log import DELAY
from tests.fakes.claude_wire import END, MESSAGE, START, sse, text
from tests.fakes.upstream import Line, Script, answer, events, never
from tests.server.conftest import Loom, Serve, TeamUp, Upstream, ask, within
from tests.server.team import Team

MESSAGES = "/proxy/anthropic/v1/messages"
CHAT = "/proxy/openai/v1/chat/completions"
SONNET = "claude-sonnet-5-5"

USAGE = {
    "input_tokens": 100,
    "output_tokens": 20,
    "cache_read_input_tokens": 3000,
    "cache_creation_input_tokens": 400,
    "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 100},
}
COST = (100 * 2 + 20 * 10 + 3000 * 0.1 + 300 * 2.5 + 100 * 4) / 1e6
WHOLE = {**MESSAGE, "model": SONNET, "usage": USAGE}


def streamed() -> tuple[bytes, ...]:
    head = sse(
        "message_start", message={**WHOLE, "content": [], "usage": {**USAGE, "output_tokens": 1}}
    )
    block = sse("content_block_start", index=0, content_block={"type": "text", "text": ""})
    end = sse(
        "message_delta",
        delta={"stop_reason": "end_turn", "stop_sequence": None},
        usage={**USAGE, "output_tokens": 20},
    )
    stop = sse("content_block_stop", index=0) + end + sse("message_stop")
    return head + block, text("Hello"), stop


async def rows(loom: Loom) -> list[dict[str, Any]]:
    await loom.app[BOOKS].log.flush()
    connection = sqlite3.connect(loom.app[BOOKS].log._database.path)
    connection.row_factory = sqlite3.Row
    with connection:
        found = [
            dict(row) for row in connection.execute("SELECT * FROM usage_requests ORDER BY at")
        ]
    connection.close()
    return found


WIRES: Mapping[str, tuple[str, dict[str, Any], Script]] = {
    "native whole": (MESSAGES, {"model": SONNET, "max_tokens": 50}, answer(WHOLE)),
    "native stream": (MESSAGES, {"model": SONNET, "stream": True}, events(*streamed())),
    "loom whole": ("/proxy/anthropic/complete", ask(model=SONNET), answer(WHOLE)),
    "loom stream": ("/proxy/anthropic/stream", ask(model=SONNET), events(*streamed())),
}


@pytest.mark.parametrize(("path", "body", "script"), WIRES.values(), ids=WIRES.keys())
async def test_a_request_is_charged_by_the_providers_own_numbers_on_every_wire(
    team: TeamUp, upstream: Upstream, path: str, body: dict[str, Any], script: Script
) -> None:
    crew = await team((await upstream(script)).url)
    alice = await crew.sign_up("alice@example.com")
    said = await crew.call("POST", path, {**alice.headers, "X-Request-Id": "r-1"}, json=body)
    assert said.status == 200
    (row,) = await rows(crew.loom)
    assert row["cost_nano"] == round(COST * 1e9)
    assert [row[name] for name in ("user", "org", "key", "provider", "account", "model")] == [
        *(alice.id, alice.org_id, "", "anthropic", "default", SONNET)
    ]
    tokens = ("input", "output", "cache_read", "cache_write", "cache_write_long")
    assert [row[f"{name}_tokens"] for name in tokens] == [100, 20, 3000, 400, 100]
    assert (row["request_id"], row["status"], row["is_estimated"]) == ("r-1", 200, 0)


@pytest.mark.parametrize("is_stream", [True, False])
async def test_an_answer_on_dearer_terms_is_charged_for_them(
    serve: Serve, upstream: Upstream, *, is_stream: bool
) -> None:
    usage = {**USAGE, "inference_geo": "us", "server_tool_use": {"web_search_requests": 2}}
    whole = {**WHOLE, "usage": usage}
    end = sse("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 20})
    stream = events(sse("message_start", message=whole), end, sse("message_stop"))
    loom = await serve((await upstream(stream if is_stream else answer(whole))).url)
    async with loom.client.post(loom.url + MESSAGES, json={"model": SONNET}) as response:
        await response.read()
    (row,) = await rows(loom)
    assert row["cost_nano"] == round((COST * 1.1 + 0.02) * 1e9)


async def test_the_requests_of_one_batch_are_summed_by_day_and_spender(
    team: TeamUp, upstream: Upstream
) -> None:
    # In 1970, so that nothing here is old enough to be forgotten.
    crew = await team((await upstream(answer(WHOLE))).url, clock=lambda: 0)
    day = 24 * 3600 * 1000
    used = [
        UsageRecord(at, "r", "o", user, "", "anthropic", "a", "m", "native", status, *rest, 5)
        for at, user, status, *rest in (
            (10, "alice", 200, Usage(1, 2, 3, 4, 4), False, 70),
            (20, "alice", 502, Usage(10, 20, 30, 40), True, None),
            (30, "bob", 200, Usage(5), False, 1),
            (day, "alice", 200, Usage(7), False, 2),
        )
    ]
    for batch in (used, used[:1]):
        await crew.database.write(lambda connection, batch=batch: add(connection, batch))
    sums = await crew.database.query(
        "SELECT day, user, requests, failures, unpriced, estimated, input_tokens, output_tokens,"
        " cache_read_tokens, cache_write_tokens, cost_nano FROM usage_days ORDER BY day, user"
    )
    assert sums == [
        (0, "alice", 3, 1, 1, 1, 12, 24, 36, 48, 140),
        (0, "bob", 1, 0, 0, 0, 5, 0, 0, 0, 1),
        (1, "alice", 1, 0, 0, 0, 7, 0, 0, 0, 2),
    ]
    ((count,),) = await crew.database.query("SELECT count(*) FROM usage_requests WHERE org = 'o'")
    assert count == 5


async def test_the_app_is_told_what_an_answer_cost(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(events(*streamed()))).url)
    answered = await loom.stream(model=SONNET)
    assert answered.events[-1]["response"]["cost_usd"] == pytest.approx(COST)


async def test_a_model_without_a_price_costs_nobody_knows_what(
    team: TeamUp, upstream: Upstream
) -> None:
    crew = await team((await upstream(events(START, END))).url)
    answered = await crew.loom.stream(model="claude-unheard-of")
    assert "cost_usd" not in answered.events[-1]["response"]
    (row,) = await rows(crew.loom)
    assert row["cost_nano"] is None
    told = await crew.call("GET", "/api/usage?by=model&scope=all", {"Authorization": _bearer(crew)})
    assert told.json()["rows"][0]["unpriced"] == 1
    assert "cost_usd" not in told.json()["rows"][0]


def _bearer(crew: Team) -> str:
    return str(crew.loom.client.headers["Authorization"])


async def test_a_client_that_leaves_early_pays_for_what_it_got(
    serve: Serve, upstream: Upstream
) -> None:
    begun = (streamed()[0], *[text("word " * 40)] * 20)
    provider = await upstream(events(*begun, then=Line.stall))
    loom = await serve(provider.url)
    async with loom.client.post(loom.url + MESSAGES, json={"model": SONNET}) as response:
        await response.content.readexactly(len(b"".join(begun)))
    await within(5, lambda: provider.gone.is_set())
    await within(5, lambda: loom.app[BOOKS].log.waiting)
    (row,) = await rows(loom)
    assert (row["status"], row["is_estimated"]) == (499, 1)
    assert (row["input_tokens"], row["cache_read_tokens"]) == (100, 3000)
    assert row["output_tokens"] > 200


LEFT = [MESSAGES, "/proxy/anthropic/complete", "/proxy/anthropic/stream"]


@pytest.mark.parametrize("path", LEFT)
async def test_who_leaves_before_the_answer_begins_pays_for_what_was_asked(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    provider = await upstream(never)
    loom = await serve(provider.url)
    asked = asyncio.create_task(_asked(loom, path))
    await within(5, provider.arrived.is_set)
    asked.cancel()
    await within(5, lambda: loom.app[BOOKS].log.waiting)
    (row,) = await rows(loom)
    assert (row["status"], row["is_estimated"]) == (499, 1)
    assert row["input_tokens"] > 1_000
    assert row["cost_nano"] > 1_000 * 2_000


async def _asked(loom: Loom, path: str) -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "x" * 3_000}]}
    async with loom.client.post(loom.url + path, json=ask(model=SONNET, messages=[message])):
        pass


@pytest.mark.parametrize("path", LEFT)
async def test_a_provider_that_is_silent_for_too_long_is_paid_all_the_same(
    serve: Serve, upstream: Upstream, path: str
) -> None:
    loom = await serve((await upstream(never)).url, limits={"timeout_first_byte": 0.1})
    await _asked(loom, path)
    (row,) = await rows(loom)
    assert (row["status"], row["is_estimated"]) == (504, 1)
    assert row["input_tokens"] > 1_000


@pytest.mark.parametrize("path", LEFT)
async def test_what_never_reached_a_provider_costs_nothing(serve: Serve, path: str) -> None:
    loom = await serve("http://127.0.0.1:9")
    await _asked(loom, path)
    (row,) = await rows(loom)
    assert (row["status"], row["cost_nano"], row["is_estimated"]) == (502, 0, 0)


async def test_on_looms_own_wire_too_the_told_input_counts_for_who_leaves(
    serve: Serve, upstream: Upstream
) -> None:
    provider = await upstream(events(streamed()[0], text("word"), then=Line.stall))
    loom = await serve(provider.url)
    url = f"{loom.url}/proxy/anthropic/stream"
    async with loom.client.post(url, json=ask(model=SONNET)) as response:
        while b"word" not in await response.content.readline():
            pass
    await within(5, lambda: loom.app[BOOKS].log.waiting)
    (row,) = await rows(loom)
    assert (row["is_estimated"], row["input_tokens"], row["cache_read_tokens"]) == (1, 100, 3000)


async def test_an_answer_whose_tokens_nobody_told_is_reckoned(
    serve: Serve, upstream: Upstream
) -> None:
    chunks = [b'data: {"choices": [{"delta": {"content": "%s"}}]}\n\n' % (b"x" * 120)] * 50
    loom = await serve((await upstream(events(*chunks, b"data: [DONE]\n\n"))).url)
    body = {"model": "gpt-6.1-sol", "messages": [{"content": "x" * 3000}]}
    async with loom.client.post(loom.url + CHAT, json=body) as response:
        await response.read()
    (row,) = await rows(loom)
    assert row["is_estimated"] == 1
    assert row["input_tokens"] > 1000
    assert row["output_tokens"] > 40


async def test_a_refusal_costs_nothing(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(answer(b'{"error": {}}', 400))).url)
    async with loom.client.post(loom.url + MESSAGES, json={"model": SONNET}) as response:
        assert response.status == 400
    (row,) = await rows(loom)
    assert (row["status"], row["cost_nano"], row["input_tokens"]) == (400, 0, 0)


async def test_what_costs_nothing_has_no_row(serve: Serve, upstream: Upstream) -> None:
    loom = await serve((await upstream(answer({"input_tokens": 5}))).url)
    async with loom.client.post(loom.url + MESSAGES + "/count_tokens", json={}) as response:
        assert response.status == 200
    assert await rows(loom) == []


async def test_usage_is_on_disk_within_a_second_or_so_without_being_asked(
    serve: Serve, upstream: Upstream, tmp_path: Path
) -> None:
    loom = await serve((await upstream(answer(WHOLE))).url)
    for _ in range(3):
        await loom.client.post(loom.url + MESSAGES, json={"model": SONNET})
    log = loom.app[BOOKS].log
    assert len(log.waiting) == 3
    await within(DELAY + 5, lambda: not log.waiting)
    await within(5, lambda: _count(tmp_path / "server.db") == 3)


def _count(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM usage_requests").fetchone()[0])
    finally:
        connection.close()


async def test_days_are_summed_and_told_by_whatever_is_asked(
    team: TeamUp, upstream: Upstream
) -> None:
    crew = await team((await upstream(answer(WHOLE))).url)
    boss, alice, bob = [
        await crew.sign_up(f"{name}@example.com") for name in ("boss", "alice", "bob")
    ]
    org = await crew.org("acme", owner=boss, member1=alice, member2=bob)
    for person, count in ((alice, 3), (bob, 1)):
        for _ in range(count):
            headers = {**person.headers, "X-Loom-Org": "acme"}
            await crew.call("POST", MESSAGES, headers, json={"model": SONNET})
    told = await crew.call("GET", f"/api/usage?by=user&org={org}", boss.headers)
    report = told.json()
    assert [(row["names"]["user"], row["requests"]) for row in report["rows"]] == sorted(
        [("alice@example.com", 3), ("bob@example.com", 1)],
        key=lambda pair: alice.id if "alice" in pair[0] else bob.id,
    )
    assert sum(row["cost_usd"] for row in report["rows"]) == pytest.approx(4 * COST)
    assert report["prices_as_of"] == "2026-11-28"
    days = (await crew.call("GET", "/api/usage?by=day,model&scope=all", boss.headers)).json()[
        "rows"
    ]
    assert [(row["key"]["model"], row["requests"]) for row in days] == [(f"anthropic/{SONNET}", 4)]
    mine = (await crew.call("GET", "/api/usage?by=org", alice.headers)).json()["rows"]
    assert [(row["names"]["org"], row["requests"]) for row in mine] == [("acme", 3)]
    refused = await crew.call("GET", f"/api/usage?by=user&org={org}", alice.headers)
    assert refused.status == 403


@pytest.mark.parametrize("query", ["by=colour", "by=", "since=soon", "until=2026-13-01", "scope=x"])
async def test_a_wrong_question_is_refused_by_name(serve: Serve, query: str) -> None:
    loom = await serve()
    async with loom.client.get(f"{loom.url}/api/usage?{query}") as response:
        assert response.status == 400
        assert query.partition("=")[0] in (await response.json())["message"]
