from tests.server.conftest import TeamUp
from tests.server.test_door import Clock
from tests.server.test_orgs import ask


async def test_accounts_are_listed_newest_first_in_pages(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    root = await loom.sign_up("root@example.com")
    for number in range(4):
        clock.now += 1
        await loom.sign_up(f"user{number}@example.com")
    seen, after = [], ""
    for _ in range(3):
        page = await ask(loom, root, "GET", f"admin/users?limit=2&after={after}")
        seen += [user["name"] for user in page["users"]]
        after = page["next"]
    assert (seen, after) == (["user3", "user2", "user1", "user0", "root"], "")


async def test_accounts_are_found_by_a_part_of_name_or_address(team: TeamUp) -> None:
    loom = await team()
    root = await loom.sign_up("root@example.com")
    await loom.sign_up("a_b@example.com")
    await loom.sign_up("axb@example.com")
    for asked, names in (("A_B", ["a_b"]), ("xb@", ["axb"]), ("%25", []), ("'--", [])):
        page = await ask(loom, root, "GET", f"admin/users?q={asked}")
        assert [user["name"] for user in page["users"]] == names
    await ask(loom, root, "GET", "admin/users?limit=0", 400)
    await ask(loom, root, "GET", "admin/users?limit=many", 400)


async def test_a_role_counts_from_the_next_request_on_and_so_does_its_loss(team: TeamUp) -> None:
    loom = await team()
    root = await loom.sign_up("root@example.com")
    alice = await loom.sign_up("alice@example.com")
    await ask(loom, alice, "GET", "admin/users", 404)
    roles = f"admin/users/{alice.id}/roles"
    account = await ask(loom, root, "PUT", roles, roles=["system_admin", "auditor"])
    assert account["roles"] == ["system_admin", "auditor"]
    await ask(loom, alice, "GET", "admin/users")
    await ask(loom, root, "PUT", roles, roles=["support"])
    await ask(loom, alice, "GET", "admin/users", 404)
    await ask(loom, root, "PUT", roles, 400, roles=["emperor"])


async def test_a_deleted_account_is_listed_until_it_is_gone_and_can_be_restored(
    team: TeamUp,
) -> None:
    loom = await team()
    root = await loom.sign_up("root@example.com")
    alice = await loom.sign_up("alice@example.com")
    await ask(loom, root, "DELETE", f"admin/users/{alice.id}")
    await ask(loom, root, "DELETE", f"admin/users/{alice.id}", 404)
    page = await ask(loom, root, "GET", "admin/users?q=alice")
    assert page["users"][0]["gone_at"]
    restored = await ask(loom, root, "POST", f"admin/users/{alice.id}/restore")
    assert restored["gone_at"] == ""
    await ask(loom, root, "POST", f"admin/users/{alice.id}/restore", 404)
