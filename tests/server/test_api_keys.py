from datetime import UTC, datetime

from loom.api.times import rfc3339
from tests.server.conftest import TeamUp
from tests.server.test_door import Clock
from tests.server.test_orgs import ask, people


async def test_a_key_is_shown_once_and_listed_by_its_end(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/api-keys", 201, name="CI", scopes=["llm:use"])
    assert made["key"].startswith("lk_")
    (listed,) = (await ask(loom, alice, "GET", "orgs/acme/api-keys"))["api_keys"]
    assert made["key"].endswith(listed["hint"])
    assert (listed["name"], listed["scopes"], listed["last_used_at"]) == ("CI", ["llm:use"], "")
    assert made["key"] not in str(await loom.database.query("SELECT * FROM api_keys"))


async def test_the_last_use_of_a_key_is_told(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    (alice,) = await people(loom, "alice")
    acme = await loom.org("acme", owner=alice)
    key = await loom.api_key(alice, acme, "threads:read")
    assert (await loom.call("GET", "/auth/me", key)).status == 200
    (listed,) = (await ask(loom, alice, "GET", "orgs/acme/api-keys"))["api_keys"]
    assert listed["last_used_at"] == rfc3339(clock.now)


async def test_a_revoked_key_opens_nothing_from_that_moment(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    acme = await loom.org("acme", owner=alice)
    key = await loom.api_key(alice, acme, "threads:read")
    assert (await loom.call("GET", "/auth/me", key)).status == 200
    (listed,) = (await ask(loom, alice, "GET", "orgs/acme/api-keys"))["api_keys"]
    await ask(loom, alice, "DELETE", f"orgs/acme/api-keys/{listed['id']}", 204)
    assert (await loom.call("GET", "/auth/me", key)).status == 401
    await ask(loom, alice, "DELETE", f"orgs/acme/api-keys/{listed['id']}", 404)
    assert (await ask(loom, alice, "GET", "orgs/acme/api-keys"))["api_keys"] == []


async def test_a_key_ends_when_it_was_said_to(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    end = datetime.fromtimestamp((clock.now + 60_000) / 1000, UTC).isoformat()
    asked = {"name": "CI", "scopes": ["threads:read"], "expires_at": end}
    made = await ask(loom, alice, "POST", "orgs/acme/api-keys", 201, **asked)
    key = {"Authorization": f"Bearer {made['key']}"}
    assert (await loom.call("GET", "/auth/me", key)).status == 200
    clock.now += 60_000
    loom.forget()
    assert (await loom.call("GET", "/auth/me", key)).status == 401
    await ask(loom, alice, "POST", "orgs/acme/api-keys", 400, **asked)


async def test_another_organizations_key_cannot_be_revoked(team: TeamUp) -> None:
    loom = await team()
    alice, eve = await people(loom, "alice", "eve")
    acme = await loom.org("acme", owner=alice)
    await loom.org("evil", owner=eve)
    key = await loom.api_key(alice, acme, "threads:read")
    (listed,) = (await ask(loom, alice, "GET", "orgs/acme/api-keys"))["api_keys"]
    await ask(loom, eve, "DELETE", f"orgs/evil/api-keys/{listed['id']}", 404)
    assert (await loom.call("GET", "/auth/me", key)).status == 200


async def test_a_scope_that_is_none_is_refused(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    await ask(loom, alice, "POST", "orgs/acme/api-keys", 400, name="CI", scopes=["admin"])
