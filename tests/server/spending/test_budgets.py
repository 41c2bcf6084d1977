"""Budgets over HTTP, against a provider that counts."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from loom.server.keys import BOOKS
from loom.server.spending.prices import NANO
from tests.fakes.claude_wire import MESSAGE
from tests.fakes.upstream import Line, Received, Script, answer
from tests.server.conftest import TeamUp, Upstream, ask
from tests.server.team import Person, Team

MESSAGES = "/proxy/anthropic/v1/messages"
SONNET = "claude-sonnet-5-5"
# 1,000 tokens of output at 10 dollars a million.
COST_USD = 0.01 + 50 * 2 / 1e6


async def metered(request: Received, line: Line) -> None:
    """Answers after a moment and tells what it took."""
    await asyncio.sleep(0.01)
    usage = {"input_tokens": 50, "output_tokens": 1000}
    await line.whole(json.dumps({**MESSAGE, "model": SONNET, "usage": usage}).encode())


def body(**fields: Any) -> dict[str, Any]:
    return {"model": SONNET, "max_tokens": 1000, "messages": [], **fields}


class Office:
    """A team with an organization: carol owns it, alice and bob are in it."""

    def __init__(self, crew: Team, org: str, people: dict[str, Person]) -> None:
        self.crew = crew
        self.org = org
        self.people = people

    async def ask(self, who: str, **fields: Any) -> Any:
        headers = {**self.people[who].headers, "X-Loom-Org": "acme"}
        return await self.crew.call("POST", MESSAGES, headers, json=body(**fields))

    async def budget(self, limit_usd: float, **fields: Any) -> Any:
        said = await self.crew.call(
            "PUT",
            "/api/orgs/acme/budgets",
            self.people["carol"].headers,
            json={"limit_usd": limit_usd, **fields},
        )
        assert said.status == 200, said.body
        return said.json()

    async def budgets(self, who: str = "carol", path: str = "/api/orgs/acme/budgets") -> Any:
        return (await self.crew.call("GET", path, self.people[who].headers)).json()["budgets"]


async def office(
    team: TeamUp, upstream: Upstream, script: Script = metered, **config: Any
) -> Office:
    crew = await team((await upstream(script)).url, **config)
    names = ("root", "carol", "alice", "bob")
    people = {name: await crew.sign_up(f"{name}@example.com") for name in names}
    org = await crew.org(
        "acme", owner=people["carol"], member1=people["alice"], member2=people["bob"]
    )
    return Office(crew, org, people)


async def test_two_hundred_at_once_never_pass_a_hard_limit(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    await acme.budget(0.5, contact="carol")
    said = await asyncio.gather(*(acme.ask("alice") for _ in range(200)))
    statuses = Counter(each.status for each in said)
    assert set(statuses) == {200, 402}
    (budget,) = await acme.budgets()
    assert budget["spent_usd"] == pytest.approx(statuses[200] * COST_USD)
    assert budget["spent_usd"] <= 0.5
    # What was reserved came back, so that nearly all of it could be spent.
    while (await acme.ask("alice")).status == 200:
        pass
    (budget,) = await acme.budgets()
    assert 0.5 - 2 * COST_USD < budget["spent_usd"] <= 0.5
    assert budget["reserved_usd"] == 0
    refused = next(each for each in said if each.status == 402)
    message = refused.json()["error"]["message"]
    for part in ("month", "$0.5000", "begins anew on", "Ask carol"):
        assert part in message


async def test_a_restart_forgets_nothing_that_was_spent(team: TeamUp, upstream: Upstream) -> None:
    acme = await office(team, upstream)
    await acme.budget(0.03)
    assert [(await acme.ask("alice")).status for _ in range(3)] == [200, 200, 402]
    books = acme.crew.app[BOOKS]
    await books.log.flush()
    books.ledger.load([], lambda budget: ())
    await books.load()
    (budget,) = await acme.budgets()
    assert budget["spent_usd"] == pytest.approx(2 * COST_USD)
    assert (await acme.ask("alice")).status == 402


async def test_each_user_has_a_limit_of_their_own(team: TeamUp, upstream: Upstream) -> None:
    acme = await office(team, upstream)
    await acme.budget(0.015, scope="user", subject="*", period="day")
    assert [(await acme.ask("alice")).status for _ in range(2)] == [200, 402]
    assert (await acme.ask("bob")).status == 200
    (mine,) = await acme.budgets("bob", "/api/budgets")
    assert mine["spent_usd"] == pytest.approx(COST_USD)


async def test_a_limit_for_one_user_is_set_by_e_mail(team: TeamUp, upstream: Upstream) -> None:
    acme = await office(team, upstream)
    budget = await acme.budget(0, scope="user", subject="alice@example.com")
    assert budget["subject_name"] == "alice@example.com"
    assert (await acme.ask("alice")).status == 402
    assert (await acme.ask("bob")).status == 200
    said = await acme.crew.call(
        "PUT",
        "/api/orgs/acme/budgets",
        acme.people["carol"].headers,
        json={"limit_usd": 1, "scope": "user", "subject": "root@example.com"},
    )
    assert said.status == 400


async def test_an_api_key_has_a_limit(team: TeamUp, upstream: Upstream) -> None:
    acme = await office(team, upstream)
    key = await acme.crew.api_key(acme.people["alice"], acme.org, "llm:use")
    await acme.budget(0.015, scope="key", subject="*")
    said = [await acme.crew.call("POST", MESSAGES, key, json=body()) for _ in range(2)]
    assert [each.status for each in said] == [200, 402]
    assert (await acme.ask("alice")).status == 200


async def test_a_limit_on_some_models_leaves_the_others(team: TeamUp, upstream: Upstream) -> None:
    acme = await office(team, upstream)
    await acme.budget(0, model="claude-opus*")
    assert (await acme.ask("alice", model="claude-opus-5-5")).status == 402
    assert (await acme.ask("alice")).status == 200


async def test_a_limit_on_a_model_holds_for_its_snapshots_and_however_it_is_written(
    team: TeamUp, upstream: Upstream
) -> None:
    usage = {"input_tokens": 50, "output_tokens": 1000}
    dated = {**MESSAGE, "model": f"{SONNET}-20260928", "usage": usage}
    acme = await office(team, upstream, script=answer(dated))
    await acme.budget(0.03, model=SONNET)
    assert [(await acme.ask("alice")).status for _ in range(3)] == [200, 200, 402]
    for model in (f"{SONNET}-20260928", SONNET.upper(), f" {SONNET}"):
        assert (await acme.ask("alice", model=model)).status == 402


async def test_a_soft_limit_warns_each_person_once(team: TeamUp, upstream: Upstream) -> None:
    acme = await office(team, upstream)
    await acme.budget(0.01, is_hard=False)
    warned = [await acme.ask("alice") for _ in range(3)] + [await acme.ask("bob")]
    assert [each.status for each in warned] == [200] * 4
    texts = [each.headers.get("X-Loom-Budget-Warning", "") for each in warned]
    assert [bool(text) for text in texts] == [False, True, False, True]
    assert "$0.0101 of $0.0100 is spent" in texts[1]


async def test_looms_own_wire_is_refused_before_its_stream_begins(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    await acme.budget(0)
    headers = {**acme.people["alice"].headers, "X-Loom-Org": "acme"}
    said = await acme.crew.call("POST", "/proxy/anthropic/stream", headers, json=ask(model=SONNET))
    assert (said.status, said.json()["error"]) == (402, "budget_exceeded")
    assert "owner or admin" in said.json()["hint"]


async def test_a_budget_that_is_removed_binds_nobody(team: TeamUp, upstream: Upstream) -> None:
    acme = await office(team, upstream)
    budget = await acme.budget(0)
    carol = acme.people["carol"].headers
    for status in (204, 404):
        path = f"/api/orgs/acme/budgets/{budget['id']}"
        assert (await acme.crew.call("DELETE", path, carol)).status == status
    assert (await acme.ask("alice")).status == 200


async def test_one_for_the_same_things_takes_the_new_limit(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    first, second = await acme.budget(0.03), await acme.budget(0.04)
    assert (first["id"], len(await acme.budgets())) == (second["id"], 1)


async def test_the_servers_budget_binds_every_organization(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    root = acme.people["root"].headers
    said = await acme.crew.call("PUT", "/api/admin/budgets", root, json={"limit_usd": 0.0})
    assert said.status == 200
    refused = await acme.ask("alice")
    assert refused.status == 402
    assert "the server's operator" in refused.json()["error"]["message"]


async def test_a_request_that_asks_for_many_answers_reserves_for_all(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    await acme.budget(0.5)
    chat = "/proxy/openai/v1/chat/completions"
    headers = {**acme.people["alice"].headers, "X-Loom-Org": "acme"}
    asked = {"model": "gpt-6.1-sol", "max_tokens": 1000, "n": 100, "messages": []}
    said = await acme.crew.call("POST", chat, headers, json=asked)
    assert (said.status, said.json()["error"]["code"]) == (402, "budget_exceeded")


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/proxy/openai/v1/chat/completions", "max_output_tokens"),
        ("/proxy/openai/v1/responses", "max_tokens"),
        ("/proxy/openai/v1/responses", "max_completion_tokens"),
        (MESSAGES, "max_completion_tokens"),
    ],
)
async def test_a_limit_that_the_wire_does_not_know_limits_nothing(
    team: TeamUp, upstream: Upstream, path: str, limit: str
) -> None:
    acme = await office(team, upstream)
    await acme.budget(1)
    headers = {**acme.people["alice"].headers, "X-Loom-Org": "acme"}
    asked = {"model": SONNET if path == MESSAGES else "gpt-6.1-sol", limit: 1}
    said = await acme.crew.call("POST", path, headers, json=asked)
    assert (said.status, "budget" in said.body.decode()) == (402, True)


DEAR = {
    "a faster tier": {"service_tier": "priority_plus"},
    "a faster way": {"speed": "fast"},
    "a tool without a price": {"tools": [{"type": "code_execution_20260521", "name": "c"}]},
    "a search without a limit": {"tools": [{"type": "web_search_20250305", "name": "w"}]},
    "other models": {"fallbacks": [{"model": "claude-opus-5-5"}]},
    "something new": {"brand_new": 1},
}


@pytest.mark.parametrize("fields", DEAR.values(), ids=DEAR.keys())
async def test_what_has_no_price_passes_no_hard_budget(
    team: TeamUp, upstream: Upstream, fields: dict[str, Any]
) -> None:
    acme = await office(team, upstream)
    await acme.budget(1000)
    said = await acme.ask("alice", **fields)
    assert (said.status, "nobody knows the price" in said.body.decode()) == (402, True)
    await acme.budget(1000, is_hard=False, scope="user", subject="bob@example.com")
    (budget,) = [each for each in await acme.budgets() if each["scope"] == "all"]
    await acme.crew.call(
        "DELETE", f"/api/orgs/acme/budgets/{budget['id']}", acme.people["carol"].headers
    )
    assert (await acme.ask("bob", **fields)).status == 200


async def test_what_nobody_knows_the_cost_of_counts_as_the_most_that_it_can_be(
    team: TeamUp, upstream: Upstream
) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "service_tier": "brand_new"}
    script = answer({**MESSAGE, "model": SONNET, "usage": usage})
    acme = await office(team, upstream, script)
    await acme.budget(1)
    assert (await acme.ask("alice")).status == 200
    (budget,) = await acme.budgets()
    assert budget["spent_usd"] > 0.01
    assert budget["reserved_usd"] == 0


@pytest.mark.parametrize("path", [MESSAGES, "/proxy/anthropic/complete"])
async def test_room_is_kept_for_the_largest_picture_that_there_is(
    team: TeamUp, upstream: Upstream, path: str
) -> None:
    acme = await office(team, upstream)
    await acme.budget(0.04)
    headers = {**acme.people["alice"].headers, "X-Loom-Org": "acme"}
    image = {"type": "image", "media_type": "image/png", "data": "aGk="}
    asked = ask(model=SONNET, max_tokens=10)
    assert (await acme.crew.call("POST", path, headers, json=asked)).status == 200
    asked["messages"][0]["content"].append(image)
    said = await acme.crew.call("POST", path, headers, json=asked)
    assert (said.status, "budget" in said.body.decode()) == (402, True)


async def test_no_other_model_comes_in_beside_the_allowed_one(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    carol = acme.people["carol"].headers
    allowed = {"models": ["claude-sonnet-*"]}
    await acme.crew.call("PUT", "/api/orgs/acme/proxy", carol, json=allowed)
    dear = "claude-opus-5-5"
    for fields in (
        {"fallbacks": [{"model": SONNET}, {"model": dear}]},
        {"fallbacks": "default"},
        {"tools": [{"type": "advisor_20260301", "name": "advisor", "model": dear}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_addition", "tool": {}}]}]},
        {"brand_new": {"model": dear}},
    ):
        assert (await acme.ask("alice", **fields)).status == 403
    assert (await acme.ask("alice", fallbacks=[{"model": SONNET}])).status == 200


async def test_only_models_that_the_organization_allows_are_asked(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    carol = acme.people["carol"].headers
    path = "/api/orgs/acme/proxy"
    said = await acme.crew.call("PUT", path, carol, json={"models": ["claude-sonnet-*"]})
    assert said.status == 200
    assert (await acme.ask("alice")).status == 200
    refused = await acme.ask("alice", model="claude-opus-5-5")
    assert refused.status == 403
    assert "Allowed: claude-sonnet-*" in refused.json()["error"]["message"]
    headers = {**acme.people["alice"].headers, "X-Loom-Org": "acme"}
    twice = b'{"model": "claude-sonnet-5-5", "model": "claude-opus-5-5"}'
    for data, status in ((twice, 400), (b"{}", 403), (b"no", 400)):
        said = await acme.crew.call("POST", MESSAGES, headers, data=data)
        assert said.status == status
    models = await acme.crew.call("GET", "/api/models", headers)
    assert {each["model"] for each in models.json()["models"]} == set()
    await acme.crew.call("PUT", path, carol, json={"models": None})
    assert (await acme.ask("alice", model="claude-opus-5-5")).status == 200


async def test_the_spent_of_a_second_is_in_a_budget_that_is_set_meanwhile(
    team: TeamUp, upstream: Upstream
) -> None:
    acme = await office(team, upstream)
    await acme.ask("alice")
    budget = await acme.budget(1)
    assert budget["spent_usd"] == pytest.approx(COST_USD)
    assert acme.crew.app[BOOKS].ledger.budgets[0].limit_nano == NANO
