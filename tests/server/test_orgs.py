"""Organizations and who is in them, as people use them over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.server.conftest import TeamUp
from tests.server.team import Person, Team


async def people(loom: Team, *names: str) -> list[Person]:
    """Ordinary people: the server's admin came before them."""
    await loom.sign_up("root@example.com")
    return [await loom.sign_up(f"{name}@example.com") for name in names]


async def ask(
    loom: Team, by: Person, method: str, path: str, status: int = 200, **body: Any
) -> Any:
    """What the server says to the person, which comes with this status."""
    given = {"json": body} if body or method in ("POST", "PUT", "PATCH") else {}
    said = await loom.call(method, f"/api/{path}", by.headers, **given)
    assert said.status == status, said.body
    return said.json() if said.body else None


async def test_who_makes_an_organization_owns_it(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    made = await ask(loom, alice, "POST", "orgs", 201, name="Acme  Works")
    assert (made["slug"], made["name"], made["role"]) == ("acme-works", "Acme Works", "owner")
    again = await ask(loom, alice, "POST", "orgs", 201, name="Acme Works")
    assert again["slug"] == "acme-works-2"
    mine = await ask(loom, alice, "GET", "orgs")
    assert [org["slug"] for org in mine["orgs"]] == ["alice", "acme-works", "acme-works-2"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"name": " "}, 400),
        ({"name": "x" * 101}, 400),
        ({"name": "a\u202eb"}, 400),
        ({"name": "Acme", "slug": "Acme!"}, 400),
        ({"name": "Acme", "slug": "0198a3b2-1c4d-7000-8000-000000000001"}, 400),
        ({"name": "Acme", "slug": "taken"}, 409),
        ({"name": "Acme", "visibility": "secret"}, 400),
        ({"name": "Acme", "is_personal": True}, 400),
    ],
)
async def test_a_wrong_organization_is_not_made(
    team: TeamUp, wrong: dict[str, Any], status: int
) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    await loom.org("taken", owner=alice)
    await ask(loom, alice, "POST", "orgs", status, **wrong)
    assert len((await ask(loom, alice, "GET", "orgs"))["orgs"]) == 2


async def test_a_renamed_organization_is_found_by_its_new_slug_alone(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    await ask(loom, alice, "PATCH", "orgs/acme", slug="acme-2", name="Acme II")
    await ask(loom, alice, "GET", "orgs/acme", 404)
    assert (await ask(loom, alice, "GET", "orgs/acme-2"))["name"] == "Acme II"


async def test_a_deleted_organization_is_gone_until_an_owner_restores_it(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    acme = await loom.org("acme", owner=alice, member=bob)
    key = await loom.api_key(alice, acme, "threads:read")
    gone = await ask(loom, alice, "DELETE", "orgs/acme")
    assert gone["gone_at"]
    for person in (alice, bob):
        await ask(loom, person, "GET", "orgs/acme", 404)
    assert (await loom.call("GET", "/auth/me", key)).status == 401
    listed = [org["slug"] for org in (await ask(loom, alice, "GET", "orgs"))["orgs"]]
    assert listed == ["alice", "acme"]
    assert len((await ask(loom, bob, "GET", "orgs"))["orgs"]) == 1
    await ask(loom, bob, "POST", "orgs/acme/restore", 403)
    await ask(loom, alice, "POST", "orgs/acme/restore")
    assert (await ask(loom, bob, "GET", "orgs/acme"))["role"] == "member"
    assert (await loom.call("GET", "/auth/me", key)).status == 200


async def test_a_personal_organization_stays_with_its_person(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    own = f"orgs/{alice.org_id}"
    await ask(loom, alice, "DELETE", own, 409)
    await ask(loom, alice, "DELETE", f"{own}/members/me", 409)
    await ask(loom, alice, "PATCH", own, 409, visibility="public")
    await ask(loom, alice, "POST", f"{own}/invitations", 409, email="bob@example.com")


async def test_an_organization_is_never_without_an_owner(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice, member=bob)
    await ask(loom, alice, "DELETE", "orgs/acme/members/me", 409)
    await ask(loom, alice, "PATCH", f"orgs/acme/members/{alice.id}", 409, role="member")
    await ask(loom, alice, "PATCH", f"orgs/acme/members/{bob.id}", role="owner")
    await ask(loom, alice, "DELETE", "orgs/acme/members/me", 204)
    await ask(loom, alice, "GET", "orgs/acme", 404)
    members = (await ask(loom, bob, "GET", "orgs/acme/members"))["members"]
    assert [(each["email"], each["role"]) for each in members] == [("bob@example.com", "owner")]


async def test_of_two_owners_who_leave_at_once_one_stays(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    for number in range(10):
        await loom.org(f"acme-{number}", owner=alice, owner2=bob)
        path = f"/api/orgs/acme-{number}/members/me"
        said = await asyncio.gather(
            *(loom.call("DELETE", path, person.headers) for person in (alice, bob))
        )
        assert sorted(each.status for each in said) == [204, 409]


async def test_an_admin_makes_and_unmakes_no_owner(team: TeamUp) -> None:
    loom = await team()
    alice, bob, carol = await people(loom, "alice", "bob", "carol")
    await loom.org("acme", owner=alice, admin=bob, member=carol)
    await ask(loom, bob, "PATCH", f"orgs/acme/members/{carol.id}", role="admin")
    await ask(loom, bob, "PATCH", f"orgs/acme/members/{bob.id}", 403, role="owner")
    await ask(loom, bob, "PATCH", f"orgs/acme/members/{alice.id}", 403, role="member")
    await ask(loom, bob, "DELETE", f"orgs/acme/members/{alice.id}", 403)
    await ask(loom, bob, "DELETE", f"orgs/acme/members/{carol.id}", 204)


async def test_who_was_removed_has_no_way_back_in(team: TeamUp) -> None:
    loom = await team()
    alice, bob, eve = await people(loom, "alice", "bob", "eve")
    acme = await loom.org("acme", owner=alice, admin=bob)
    key = await loom.api_key(bob, acme, "threads:read")
    await ask(loom, bob, "POST", "orgs/acme/teams", 201, name="Crew")
    await ask(loom, bob, "PUT", f"orgs/acme/teams/crew/members/{bob.id}", 204, role="maintainer")
    invited = await ask(
        loom, bob, "POST", "orgs/acme/invitations", 201, email=eve.email, role="admin"
    )
    await ask(loom, alice, "DELETE", f"orgs/acme/members/{bob.id}", 204)
    await ask(loom, eve, "POST", f"invitations/{invited['token']}/accept", 404)
    await loom.database.write(
        lambda c: c.execute(
            "INSERT INTO org_memberships VALUES (?, ?, 'member', ?)", (acme, bob.id, loom.now)
        )
    )
    loom.forget()
    assert (await loom.call("GET", "/auth/me", key)).status == 401
    assert (await ask(loom, bob, "GET", "orgs/acme/teams"))["teams"][0]["role"] == ""


async def test_an_admin_who_is_one_no_more_has_invited_nobody(team: TeamUp) -> None:
    loom = await team()
    alice, bob, eve = await people(loom, "alice", "bob", "eve")
    await loom.org("acme", owner=alice, admin=bob)
    invited = await ask(loom, bob, "POST", "orgs/acme/invitations", 201, email=eve.email)
    await ask(loom, alice, "PATCH", f"orgs/acme/members/{bob.id}", role="member")
    await ask(loom, eve, "POST", f"invitations/{invited['token']}/accept", 404)


async def test_only_members_see_what_is_in_a_public_organization(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice)
    await ask(loom, alice, "PATCH", "orgs/acme", visibility="public")
    assert (await ask(loom, bob, "GET", "orgs/acme"))["name"] == "acme"
    for inside in ("members", "teams"):
        await ask(loom, bob, "GET", f"orgs/acme/{inside}", 404)
    for inside in ("invitations", "join-requests", "api-keys"):
        await ask(loom, bob, "GET", f"orgs/acme/{inside}", 403)


async def test_a_team_is_of_people_of_its_organization(team: TeamUp) -> None:
    loom = await team()
    alice, bob, eve = await people(loom, "alice", "bob", "eve")
    await loom.org("acme", owner=alice, member=bob)
    await ask(loom, alice, "POST", "orgs/acme/teams", 201, name="Crew")
    await ask(loom, alice, "POST", "orgs/acme/teams", 409, name="Crew")
    await ask(loom, alice, "PUT", f"orgs/acme/teams/crew/members/{eve.id}", 404)
    await ask(loom, alice, "PUT", f"orgs/acme/teams/crew/members/{bob.id}", 204)
    (crew,) = (await ask(loom, bob, "GET", "orgs/acme/teams"))["teams"]
    assert (crew["slug"], crew["member_count"], crew["role"]) == ("crew", 1, "member")
    await ask(loom, bob, "DELETE", "orgs/acme/teams/crew/members/me", 204)
    await ask(loom, bob, "DELETE", "orgs/acme/teams/crew/members/me", 404)
    await ask(loom, alice, "DELETE", "orgs/acme/teams/crew", 204)
    assert (await ask(loom, bob, "GET", "orgs/acme/teams"))["teams"] == []


async def test_a_person_asks_a_public_organization_to_be_let_in(team: TeamUp) -> None:
    loom = await team()
    alice, bob, eve = await people(loom, "alice", "bob", "eve")
    await loom.org("acme", owner=alice)
    await ask(loom, bob, "POST", "orgs/acme/join-requests", 404)
    await ask(loom, alice, "PATCH", "orgs/acme", visibility="public")
    for person in (bob, eve):
        await ask(loom, person, "POST", "orgs/acme/join-requests", 204, message="Hello")
    await ask(loom, bob, "POST", "orgs/acme/join-requests", 204, message="It is me")
    waiting = (await ask(loom, alice, "GET", "orgs/acme/join-requests"))["join_requests"]
    assert [(each["name"], each["message"]) for each in waiting] == [
        ("bob", "It is me"),
        ("eve", "Hello"),
    ]
    await ask(loom, alice, "POST", f"orgs/acme/join-requests/{bob.id}/approve", 204)
    await ask(loom, alice, "POST", f"orgs/acme/join-requests/{eve.id}/reject", 204)
    await ask(loom, alice, "POST", f"orgs/acme/join-requests/{eve.id}/approve", 404)
    assert (await ask(loom, bob, "GET", "orgs/acme"))["role"] == "member"
    await ask(loom, bob, "POST", "orgs/acme/join-requests", 409)
    assert "role" not in await ask(loom, eve, "GET", "orgs/acme")
