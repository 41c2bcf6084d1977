import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from loom.server.audit.chain import Seal
from loom.server.audit.export import imported
from loom.server.audit.repeats import IN_FULL
from loom.server.audit.verify import Verifier
from tests.fakes.claude_wire import END, START, text
from tests.fakes.upstream import Line, events
from tests.server.conftest import TOKEN, TeamUp, Upstream, ask
from tests.server.team import Person, Team

OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


async def entries(loom: Team, query: str = "", headers: Any = OPERATOR) -> list[dict[str, Any]]:
    said = await loom.call("GET", f"/api/admin/audit{query}", headers)
    assert said.status == 200, said.body
    found: list[dict[str, Any]] = said.json()["entries"]
    return found


async def soon(loom: Team, query: str) -> list[dict[str, Any]]:
    """Lines of something that a client may have the end of a moment before the server has."""
    async with asyncio.timeout(10):
        while not (found := await entries(loom, query)):
            pass
    return found


def kinds(found: Sequence[dict[str, Any]]) -> list[str]:
    return [entry["type"] for entry in found]


async def auditor(loom: Team) -> Person:
    return await loom.sign_up("eve@example.com", is_auditor=True, is_system_admin=False)


async def test_a_denial_says_who_what_when_and_from_where(team: TeamUp) -> None:
    loom = await team()
    await loom.sign_up("admin@example.com")
    bob = await loom.sign_up("bob@example.com")
    headers = {**bob.headers, "User-Agent": "curl/8"}
    assert (await loom.call("GET", "/api/admin/audit", headers)).status == 404
    (entry,) = await entries(loom, "?type=access")
    assert (entry["type"], entry["outcome"], entry["severity"]) == ("access.denied", "denied", 4)
    assert (entry["actor_id"], entry["ip"], entry["user_agent"]) == (bob.id, "127.0.0.1", "curl/8")
    assert entry["details"] == {"method": "GET", "path": "/api/admin/audit", "status": 404}
    assert entry["at"].endswith("Z")
    assert entry["request_id"]


async def test_a_flood_of_wrong_tokens_is_a_few_lines(team: TeamUp) -> None:
    loom = await team()
    for number in range(40):
        wrong = {"Authorization": f"Bearer lt_{number:064x}"}
        assert (await loom.call("GET", "/auth/me", wrong)).status == 401
    assert len(await entries(loom, "?outcome=denied")) == IN_FULL


async def test_an_llm_request_is_noted_without_what_was_said(
    team: TeamUp, upstream: Upstream
) -> None:
    loom = await team((await upstream(events(START + text("The answer is 42") + END))).url)
    alice = await loom.sign_up("alice@example.com")
    body = ask(model="claude-test")
    said = await loom.call("POST", "/proxy/anthropic/stream", alice.headers, json=body)
    assert b"42" in said.body
    (entry,) = await soon(loom, "?type=llm")
    assert (entry["resource"], entry["actor_id"]) == ("provider:anthropic", alice.id)
    assert entry["details"]["status"] == 200
    assert entry["details"]["model"]
    assert entry["details"]["output_tokens"] > 0
    rows = await loom.database.query("SELECT body FROM audit")
    assert not any("42" in str(row) and "answer" in str(row) for row in rows)


async def test_a_native_request_is_noted_too(team: TeamUp, upstream: Upstream) -> None:
    loom = await team((await upstream(events(START + text("Hi") + END))).url)
    alice = await loom.sign_up("alice@example.com")
    body = {"model": "claude-test", "stream": True, "messages": []}
    await loom.call("POST", "/proxy/anthropic/v1/messages", alice.headers, json=body)
    (entry,) = await soon(loom, "?type=llm.request")
    assert entry["details"]["path"] == "/proxy/anthropic/v1/messages"
    assert entry["details"]["output_tokens"] > 0


async def test_an_llm_request_that_fails_is_an_error(team: TeamUp, upstream: Upstream) -> None:
    async def fail(request: object, line: Line) -> None:
        await line.answer(529, b"{}")

    loom = await team((await upstream(events(START + text("Hi"), then=Line.close))).url)
    await loom.call("POST", "/proxy/anthropic/stream", OPERATOR, json=ask())
    (entry,) = await soon(loom, "?type=llm&severity=3")
    assert (entry["outcome"], entry["severity"]) == ("failed", 3)
    assert entry["details"]["failure"] == "transient"


async def test_the_use_of_a_key_is_noted_once_a_minute(team: TeamUp) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    acme = await loom.org("acme", owner=alice)
    key = await loom.api_key(alice, acme, "threads:read")
    for _ in range(3):
        assert (await loom.call("GET", "/auth/me", key)).status == 200
    (entry,) = await entries(loom, "?type=key.use")
    assert entry["resource"] == f"api_key:{entry['credential_id']}"
    assert entry["org_id"] == acme


async def test_what_an_admin_asks_is_noted_although_no_handler_says_so(team: TeamUp) -> None:
    loom = await team()
    admin = await loom.sign_up("admin@example.com")
    assert (await loom.call("GET", "/api/admin/audit/head", admin.headers)).status == 200
    (entry,) = await entries(loom, "?type=admin.request")
    assert (entry["actor_id"], entry["details"]["path"]) == (admin.id, "/api/admin/audit/head")


async def test_reading_and_exporting_the_log_are_noted(team: TeamUp) -> None:
    loom = await team()
    eve = await auditor(loom)
    await entries(loom, "?type=auth", eve.headers)
    await loom.call("GET", "/api/admin/audit/export", eve.headers)
    found = await entries(loom, "?type=audit")
    assert kinds(found) == ["audit.export", "audit.read", "audit.begun"]
    assert found[1]["details"]["asked"] == "type=auth"
    assert {entry["actor_id"] for entry in found[:2]} == {eve.id}


async def test_lines_are_filtered_and_paged(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await loom.sign_up("alice@example.com"), await loom.sign_up("bob@example.com")
    for person in (alice, bob, alice):
        await loom.call("POST", "/api/orgs", person.headers, json={"name": "A", "slug": ""})
    assert {e["actor_id"] for e in await entries(loom, f"?actor={bob.id}")} <= {bob.id}
    pages, query = [], "?limit=2"
    while query:
        page = (await loom.call("GET", f"/api/admin/audit{query}", OPERATOR)).json()
        pages.append([entry["seq"] for entry in page["entries"]])
        query = f"?limit=2&before={page['next']}" if page.get("next") else ""
    seqs = [seq for page in pages for seq in page]
    assert seqs == sorted(seqs, reverse=True)
    assert seqs[-1] == 1


async def test_times_are_filtered_and_a_wrong_one_is_named(team: TeamUp) -> None:
    loom = await team(clock=lambda: 1_764_342_000_000)
    await entries(loom)
    assert await entries(loom, "?since=2025-11-28&until=2025-11-28T15:00:00.001Z") != []
    assert await entries(loom, "?until=2025-11-28T15:00:00Z") == []
    assert await entries(loom, "?since=2025-11-28T15:00:01%2B00:00") == []
    said = await loom.call("GET", "/api/admin/audit?since=tomorrow", OPERATOR)
    assert (said.status, said.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("query", ["limit=0", "limit=5000", "severity=9", "before=x", "limit=1.5"])
async def test_a_wrong_question_is_refused(team: TeamUp, query: str) -> None:
    loom = await team()
    assert (await loom.call("GET", f"/api/admin/audit?{query}", OPERATOR)).status == 400


async def test_admins_of_an_organization_see_its_lines_and_no_others(team: TeamUp) -> None:
    loom = await team()
    await loom.sign_up("admin@example.com")
    alice, bob = await loom.sign_up("alice@example.com"), await loom.sign_up("bob@example.com")
    acme = await loom.org("acme", admin=alice, member=bob)
    await loom.api_key(alice, acme, "threads:read")
    key = await loom.api_key(alice, acme, "threads:read")
    await loom.call("GET", "/auth/me", key)
    said = await loom.call("GET", "/api/orgs/acme/audit", alice.headers)
    assert {entry["org_id"] for entry in said.json()["entries"]} == {acme}
    other = await loom.call("GET", f"/api/orgs/acme/audit?org={bob.org_id}", alice.headers)
    assert {entry["org_id"] for entry in other.json()["entries"]} == {acme}
    assert (await loom.call("GET", "/api/orgs/acme/audit", bob.headers)).status == 403
    carol = await loom.sign_up("carol@example.com")
    assert (await loom.call("GET", "/api/orgs/acme/audit", carol.headers)).status == 404


async def test_the_export_of_a_running_server_is_verified(team: TeamUp) -> None:
    loom = await team()
    for _ in range(5):
        await entries(loom)
    said = await loom.call("GET", "/api/admin/audit/export", OPERATOR)
    report = Verifier([Seal()]).report(imported(said.body.splitlines()))
    assert (report.is_sound, report.first) == (True, 1)
    head = (await loom.call("GET", "/api/admin/audit/head", OPERATOR)).json()
    seq, _, hash_ = head["anchor"].partition(":")
    assert int(seq) == report.last
    assert len(hash_) == 64


async def test_a_credential_in_a_path_is_not_written_down(team: TeamUp) -> None:
    loom = await team()
    await loom.call("GET", "/api/threads/T-1/share/lt_" + "7" * 64)
    (entry,) = await entries(loom, "?type=access")
    assert "7777" not in str(entry)


async def test_health_says_that_the_log_cannot_be_written(
    team: TeamUp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "loom.audit")
    loom = await team()
    await entries(loom)
    health = (await loom.call("GET", "/health")).json()
    assert health["components"]["audit"] == {"status": "healthy"}
    await loom.database.write(lambda c: c.execute("ALTER TABLE audit RENAME TO elsewhere"))
    await loom.call("GET", "/auth/me")
    await loom.call("GET", "/api/admin/audit/head", OPERATOR)
    health = (await loom.call("GET", "/health")).json()
    assert health["components"]["audit"]["status"] == "degraded"
    assert "lines wait" in health["components"]["audit"]["error"]
    assert (await loom.call("GET", "/auth/me", OPERATOR)).status == 200
    await loom.database.write(lambda c: c.execute("ALTER TABLE elsewhere RENAME TO audit"))
    assert (await entries(loom, "?outcome=denied"))[0]["details"]["status"] == 401
    health = (await loom.call("GET", "/health")).json()
    assert health["components"]["audit"] == {"status": "healthy"}


async def page(loom: Team, query: str = "", headers: Any = OPERATOR) -> dict[str, Any]:
    said = await loom.call("GET", f"/api/admin/audit{query}", headers)
    assert said.status == 200, said.body
    found: dict[str, Any] = said.json()
    return found


async def test_who_reads_gets_addresses_beside_the_lines(team: TeamUp) -> None:
    loom = await team()
    root, bob = await loom.sign_up("root@example.com"), await loom.sign_up("bob@example.com")
    said = await loom.call("DELETE", f"/api/admin/users/{bob.id}", root.headers)
    assert said.status == 200
    await loom.call("POST", f"/api/admin/users/{bob.id}/restore", root.headers)
    eve = await auditor(loom)
    for reader in (OPERATOR, root.headers, eve.headers):
        found = await page(loom, "?type=admin.user_delete", reader)
        (line,) = found["entries"]
        assert (line["actor_id"], line["resource"]) == (root.id, f"user:{bob.id}")
        assert found["people"] == {root.id: "root@example.com", bob.id: "bob@example.com"}
    exported = (await loom.call("GET", "/api/admin/audit/export", OPERATOR)).body
    assert root.id.encode() in exported
    assert b"example.com" not in exported


async def test_an_address_goes_with_its_account(team: TeamUp) -> None:
    loom = await team()
    root, bob = await loom.sign_up("root@example.com"), await loom.sign_up("bob@example.com")
    await loom.call("GET", "/api/admin/audit", bob.headers)
    asked = "?actor=bob@example.com&type=access"
    found = await page(loom, asked)
    assert [line["actor_id"] for line in found["entries"]] == [bob.id]
    assert found["people"] == {bob.id: "bob@example.com"}
    await loom.call("DELETE", f"/api/admin/users/{bob.id}", root.headers)
    assert (await page(loom, asked))["entries"] == []
    found = await page(loom, f"?actor={bob.id}&type=access")
    assert len(found["entries"]) == 1
    assert "people" not in found
    rows = await loom.database.query("SELECT body FROM audit")
    assert "bob@" not in str(rows)


async def test_admins_of_an_organization_learn_the_addresses_of_its_members_alone(
    team: TeamUp,
) -> None:
    loom = await team()
    await loom.sign_up("root@example.com")
    alice, bob = await loom.sign_up("alice@example.com"), await loom.sign_up("bob@example.com")
    acme = await loom.org("acme", owner=alice, member=bob)
    await loom.call("GET", "/auth/me", await loom.api_key(bob, acme, "threads:read"))

    async def read(query: str = "") -> tuple[set[str], dict[str, str]]:
        said = await loom.call("GET", f"/api/orgs/acme/audit{query}", alice.headers)
        found = said.json()
        return {line["actor_id"] for line in found["entries"]}, found.get("people", {})

    asked = "?actor=bob@example.com"
    assert await read() == await read(asked) == ({bob.id}, {bob.id: "bob@example.com"})
    await loom.call("DELETE", f"/api/orgs/acme/members/{bob.id}", alice.headers)
    assert await read() == ({bob.id}, {})
    assert await read(asked) == (set(), {})


async def test_who_is_not_let_in_is_noted_by_account_or_domain_alone(team: TeamUp) -> None:
    loom = await team()
    ann = await loom.sign_up("ann@acme.example")
    for email in ("Ann@acme.example", "ben@acme.example"):
        said = await loom.call("POST", "/auth/links", OPERATOR, json={"email": email})
        assert said.status == 201
    ben, known = await entries(loom, "?type=auth.link")
    assert (known["resource"], ben["details"]["domain"]) == (f"user:{ann.id}", "acme.example")
    assert "resource" not in ben
    rows = await loom.database.query("SELECT body FROM audit")
    assert not any(name in str(rows).lower() for name in ("ann@", "ben@"))
