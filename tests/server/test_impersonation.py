"""An admin in somebody's place: for an hour, seen by whoever asks, and not for everything."""

from collections.abc import Mapping

import pytest

from loom.server.auth.credentials import LOGIN_LIFETIME_MS
from loom.server.impersonation import LIFETIME_MS
from tests.server.audit.test_audit_routes import entries
from tests.server.conftest import TeamUp
from tests.server.team import Person, Team
from tests.server.test_door import Clock
from tests.server.test_orgs import ask


async def two(loom: Team) -> tuple[Person, Person]:
    return await loom.sign_up("root@example.com"), await loom.sign_up("alice@example.com")


async def as_other(loom: Team, admin: Person, other: Person) -> Mapping[str, str]:
    made = await ask(loom, admin, "POST", f"admin/users/{other.id}/impersonate", 201)
    return {"Authorization": f"Bearer {made['token']}"}


async def test_an_admin_is_the_other_person_and_everybody_is_told_so(team: TeamUp) -> None:
    loom = await team()
    root, alice = await two(loom)
    headers = await as_other(loom, root, alice)
    me = (await loom.call("GET", "/auth/me", headers)).json()
    assert (me["user"]["id"], me["impersonated_by"]) == (alice.id, root.id)
    state = (await loom.call("GET", "/auth/impersonation", headers)).json()
    assert (state["is_impersonating"], state["admin_id"]) == (True, root.id)
    page = await loom.call("GET", "/account", {**headers, "Accept": "text/html"})
    assert b"An admin is in this person&#x27;s place." in page.body
    mine = (await loom.call("GET", "/auth/me", alice.headers)).json()
    assert "impersonated_by" not in mine


async def test_it_ends_after_an_hour_however_much_it_is_used(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    root, alice = await two(loom)
    headers = await as_other(loom, root, alice)
    clock.now += LIFETIME_MS - 1
    loom.forget()
    assert (await loom.call("GET", "/auth/me", headers)).status == 200
    clock.now += 1
    loom.forget()
    assert (await loom.call("GET", "/auth/me", headers)).status == 401
    assert LIFETIME_MS < LOGIN_LIFETIME_MS


async def test_it_ends_when_the_admin_says_so(team: TeamUp) -> None:
    loom = await team()
    root, alice = await two(loom)
    headers = await as_other(loom, root, alice)
    assert (await loom.call("DELETE", "/auth/impersonation", headers)).status == 204
    assert (await loom.call("GET", "/auth/me", headers)).status == 401
    assert (await loom.call("GET", "/auth/me", alice.headers)).status == 200
    assert (await loom.call("DELETE", "/auth/impersonation", root.headers)).status == 409


@pytest.mark.parametrize("loss", ["role", "account"])
async def test_it_ends_with_the_admins_own_rights(team: TeamUp, loss: str) -> None:
    loom = await team()
    root, alice = await two(loom)
    other = await loom.sign_up("other@example.com", is_system_admin=True)
    headers = await as_other(loom, other, alice)
    if loss == "role":
        await ask(loom, root, "PUT", f"admin/users/{other.id}/roles", roles=[])
    else:
        await ask(loom, root, "DELETE", f"admin/users/{other.id}")
    assert (await loom.call("GET", "/auth/me", headers)).status == 401


async def test_no_admin_is_impersonated_and_no_role_of_the_person_counts(team: TeamUp) -> None:
    loom = await team()
    root, alice = await two(loom)
    other = await loom.sign_up("other@example.com", is_system_admin=True)
    await ask(loom, root, "POST", f"admin/users/{other.id}/impersonate", 403)
    headers = await as_other(loom, root, alice)
    await ask(loom, root, "PUT", f"admin/users/{alice.id}/roles", roles=["system_admin"])
    assert (await loom.call("GET", "/api/admin/users", headers)).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/orgs/acme/api-keys"),
        ("POST", "/api/orgs/acme/invitations"),
        ("PATCH", "/api/users/me"),
        ("POST", "/api/users/me/delete"),
        ("DELETE", "/api/orgs/acme"),
    ],
)
async def test_what_is_a_persons_own_to_do_is_not_done_for_them(
    team: TeamUp, method: str, path: str
) -> None:
    loom = await team()
    root, alice = await two(loom)
    await loom.org("acme", owner=alice)
    headers = await as_other(loom, root, alice)
    said = await loom.call(method, path, headers, json={"name": "x", "scopes": []})
    assert (said.status, "impersonating" in said.json()["message"]) == (403, True)


async def test_the_audit_names_both(team: TeamUp) -> None:
    loom = await team()
    root, alice = await two(loom)
    headers = await as_other(loom, root, alice)
    await loom.call("PATCH", "/api/users/me", headers, json={})
    (started,) = await entries(loom, "?type=admin.impersonate")
    assert (started["actor_id"], started["resource"]) == (root.id, f"user:{alice.id}")
    (denied,) = await entries(loom, "?type=access.denied")
    assert (denied["actor_id"], denied["user_id"]) == (root.id, alice.id)
