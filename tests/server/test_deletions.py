"""Accounts and organizations that go, come back, and are tombstones in the end."""

from loom.server import deletions
from loom.server.orgs import GRACE_MS
from tests.server.conftest import TeamUp
from tests.server.test_door import Clock
from tests.server.test_orgs import ask, people


async def test_who_deletes_their_account_is_signed_out_everywhere(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    acme = await loom.org("acme", owner=alice, admin=bob)
    cookie, key = await loom.cookie(bob), await loom.api_key(bob, acme, "threads:read")
    gone = await ask(loom, bob, "POST", "users/me/delete")
    assert (gone["id"], bool(gone["gone_at"])) == (bob.id, True)
    for credential in (bob.headers, cookie, key):
        assert (await loom.call("GET", "/auth/me", credential)).status == 401
    members = (await ask(loom, alice, "GET", "orgs/acme/members"))["members"]
    assert [each["name"] for each in members] == ["alice"]
    await ask(loom, alice, "GET", f"users/{bob.id}", 404)


async def test_the_only_owner_of_others_hands_over_before_leaving(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice, member=bob)
    said = await ask(loom, alice, "POST", "users/me/delete", 409)
    assert "acme" in said["message"]
    await ask(loom, alice, "PATCH", f"orgs/acme/members/{bob.id}", role="owner")
    await ask(loom, alice, "POST", "users/me/delete")


async def test_an_owner_who_left_counts_no_more(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice, owner2=bob)
    await ask(loom, bob, "POST", "users/me/delete")
    await ask(loom, alice, "DELETE", "orgs/acme/members/me", 409)


async def test_what_was_theirs_alone_goes_and_comes_back_with_them(team: TeamUp) -> None:
    loom = await team()
    root = await loom.sign_up("root@example.com")
    alice = await loom.sign_up("alice@example.com")
    await loom.org("solo", owner=alice)
    await loom.org("left", owner=alice)
    await ask(loom, alice, "DELETE", "orgs/left")
    await ask(loom, alice, "POST", "users/me/delete")
    await ask(loom, root, "GET", "orgs/solo", 404)
    await ask(loom, root, "POST", f"admin/users/{alice.id}/restore")
    await ask(loom, root, "GET", "orgs/solo")
    await ask(loom, root, "GET", "orgs/left", 404)
    assert (await loom.call("GET", "/auth/me", alice.headers)).status == 401


async def test_the_last_admin_stays(team: TeamUp) -> None:
    loom = await team()
    root = await loom.sign_up("root@example.com")
    other = await loom.sign_up("other@example.com", is_system_admin=True)
    gone = await loom.sign_up("gone@example.com", is_system_admin=True)
    await ask(loom, gone, "POST", "users/me/delete")
    await ask(loom, other, "PUT", f"admin/users/{other.id}/roles", roles=[])
    await ask(loom, root, "POST", "users/me/delete", 409)
    await ask(loom, root, "DELETE", f"admin/users/{root.id}", 409)
    await ask(loom, root, "PUT", f"admin/users/{root.id}/roles", 409, roles=["support"])


async def test_an_address_is_kept_for_whom_it_was_as_long_as_they_may_come_back(
    team: TeamUp,
) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    (alice,) = await people(loom, "alice")
    await ask(loom, alice, "POST", "users/me/delete")
    found = loom.database.read(lambda c: deletions.restorable(c, alice.id))
    assert (found is not None and found.may_return) is True
    clock.now += GRACE_MS
    await loom.database.write(lambda c: deletions.purge(c, clock.now))
    assert loom.database.read(lambda c: deletions.restorable(c, alice.id)) is None
    again = await loom.sign_up("alice@example.com")
    assert again.id != alice.id


async def test_after_ninety_days_a_tombstone_keeps_what_refers_to_it(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    alice, bob = await people(loom, "alice", "bob")
    acme = await loom.org("acme", owner=alice, owner2=bob)
    await loom.org("solo", owner=alice)
    await loom.api_key(alice, acme, "threads:read")
    await ask(loom, alice, "POST", "users/me/delete")
    clock.now += GRACE_MS - 1
    assert await loom.database.write(lambda c: deletions.purge(c, clock.now)) == (0, 0)
    clock.now += 1
    # The person, their personal organization, and the one that was theirs alone.
    assert await loom.database.write(lambda c: deletions.purge(c, clock.now)) == (1, 2)
    assert await loom.database.write(lambda c: deletions.purge(c, clock.now)) == (0, 0)
    rows = await loom.database.query("SELECT name, email FROM users WHERE id = ?", (alice.id,))
    assert rows == [("Deleted user", None)]
    whole = [
        row
        for table in ("users", "organizations", "org_memberships", "api_keys")
        for row in await loom.database.query(f"SELECT * FROM {table}")
    ]
    assert "alice" not in str(whole)
    assert await loom.database.query("PRAGMA foreign_key_check") == []
    await ask(loom, await loom.sign_up("x@example.com"), "GET", "orgs/solo", 404)


async def test_an_organization_that_is_over_frees_its_slug(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice, member=bob)
    await ask(loom, alice, "DELETE", "orgs/acme")
    await ask(loom, bob, "POST", "orgs", 409, name="Acme", slug="acme")
    clock.now += GRACE_MS
    await loom.database.write(lambda c: deletions.purge(c, clock.now))
    carol = await loom.sign_up("carol@example.com")
    await ask(loom, carol, "POST", "orgs/acme/restore", 404)
    await ask(loom, carol, "POST", "orgs", 201, name="Acme", slug="acme")
