from collections.abc import Mapping

import pytest

from loom.server.auth.credentials import LOGIN_LIFETIME_MS
from tests.server.conftest import TOKEN, TeamUp

NOW = 1_764_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


async def test_a_person_is_known_by_an_access_token(team: TeamUp) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    said = await loom.call("GET", "/auth/me", alice.headers)
    me = said.json()
    assert (me["kind"], me["user"]["email"]) == ("user", "alice@example.com")
    assert [(org["role"], org["is_personal"]) for org in me["orgs"]] == [("owner", True)]
    assert me["org_id"] == me["orgs"][0]["id"]


async def test_the_first_person_is_the_servers_admin(team: TeamUp) -> None:
    loom = await team()
    for name, roles in (("alice", ["system_admin"]), ("bob", [])):
        person = await loom.sign_up(f"{name}@example.com")
        me = (await loom.call("GET", "/auth/me", person.headers)).json()
        assert me["user"]["roles"] == roles


async def test_the_servers_own_token_is_the_operators(team: TeamUp) -> None:
    loom = await team()
    said = await loom.call("GET", "/auth/me", {"Authorization": f"Bearer {TOKEN}"})
    assert said.json()["kind"] == "operator"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer lt_" + "0" * 64},
        {"Authorization": "Bearer lk_" + "0" * 64},
        {"Cookie": "loom_session=" + "0" * 64},
        {"Cookie": "loom_session=" + TOKEN},
    ],
)
async def test_who_is_unknown_is_refused(team: TeamUp, headers: Mapping[str, str]) -> None:
    loom = await team()
    assert (await loom.call("GET", "/auth/me", headers)).status == 401


async def test_a_cookie_is_no_bearer_token_and_the_other_way_round(team: TeamUp) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    cookie = await loom.cookie(alice)
    value = cookie["Cookie"].partition("=")[2]
    assert (await loom.call("GET", "/auth/me", cookie)).status == 200
    for wrong in ({"Authorization": f"Bearer {value}"}, {"Cookie": f"loom_session={alice.token}"}):
        assert (await loom.call("GET", "/auth/me", wrong)).status == 401


async def test_a_login_ends_sixty_days_after_its_last_use(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    alice = await loom.sign_up("alice@example.com")
    clock.now += LOGIN_LIFETIME_MS - 1
    assert (await loom.call("GET", "/auth/me", alice.headers)).status == 200
    rows = await loom.database.query("SELECT expires_at FROM login_sessions")
    assert rows == [(clock.now + LOGIN_LIFETIME_MS,)]


async def test_a_login_that_ran_out_is_refused(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    alice = await loom.sign_up("alice@example.com")
    clock.now += LOGIN_LIFETIME_MS
    assert (await loom.call("GET", "/auth/me", alice.headers)).status == 401


async def test_an_api_key_may_what_its_scopes_say_in_its_organization(team: TeamUp) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    acme = await loom.org("acme", owner=alice)
    key = await loom.api_key(alice, acme, "threads:read")
    me = (await loom.call("GET", "/auth/me", key)).json()
    assert (me["kind"], me["org_id"], me["scopes"]) == ("api_key", acme, ["threads:read"])
    assert [org["slug"] for org in me["orgs"]] == ["acme"]
    said = await loom.call("POST", "/proxy/anthropic/complete", key, json={})
    assert (said.status, said.json()["error"]) == (403, "forbidden")


async def test_a_key_ends_with_its_makers_membership(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await loom.sign_up("alice@example.com"), await loom.sign_up("bob@example.com")
    acme = await loom.org("acme", owner=alice, member=bob)
    key = await loom.api_key(bob, acme, "threads:read")
    assert (await loom.call("GET", "/auth/me", key)).status == 200
    await loom.database.write(
        lambda c: c.execute("DELETE FROM org_memberships WHERE user = ?", (bob.id,))
    )
    loom.forget()
    assert (await loom.call("GET", "/auth/me", key)).status == 401


async def test_no_person_but_the_operator_is_known_to_a_server_for_one(serve: TeamUp) -> None:
    loom = await serve()
    async with loom.client.get(loom.url + "/auth/me") as answer:
        assert answer.status == 404


async def test_which_methods_a_path_has_is_no_secret(team: TeamUp) -> None:
    loom = await team()
    for path in ("/health", "/api/orgs/acme"):
        assert (await loom.call("TRACE", path)).status == 405
    assert (await loom.call("TRACE", "/no/such/path")).status == 401
