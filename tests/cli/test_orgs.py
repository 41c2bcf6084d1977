"""`loom org`, `team`, `api-key` and `admin`, as people type them, at a server of their own."""

from collections.abc import Callable

from tests.cli.office import Office


def test_a_colleague_is_invited_accepts_and_is_given_a_role(
    office: Callable[..., Office],
) -> None:
    people = office("alice", "bob", "eve")
    assert "acme-works is yours" in people.did("alice", "org", "create", "Acme Works")
    text = people.did("alice", "org", "invite", "bob@example.com")
    token = text.split()[-1]
    wrong = people.run("eve", "org", "accept", token)
    assert (wrong.returncode, "another address" in wrong.stderr) == (1, True)
    assert "You are member of Acme Works" in people.did("bob", "org", "accept", token)
    people.did("alice", "org", "role", "bob@example.com", "admin")
    lines = people.did("bob", "org", "members").splitlines()
    assert lines[0].split() == ["E-MAIL", "NAME", "ROLE", "SINCE"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["alice@example.com", "alice", "owner"],
        ["bob@example.com", "bob", "admin"],
    ]
    members = people.told("alice", "org", "members")["members"]
    assert [each["role"] for each in members] == ["owner", "admin"]


def test_what_hurts_is_asked_first_and_not_done_where_nobody_answers(
    office: Callable[..., Office],
) -> None:
    people = office("alice")
    people.did("alice", "org", "create", "Acme")
    done = people.run("alice", "org", "delete", "acme")
    assert (done.returncode, "--yes" in done.stderr) == (1, True)
    assert "restore acme until" in people.did("alice", "org", "delete", "acme", "--yes")
    assert "deleted" in people.did("alice", "org", "list")
    people.did("alice", "org", "restore", "acme")
    assert "deleted" not in people.did("alice", "org", "list")


def test_who_is_in_several_organizations_says_which_or_chooses_one(
    office: Callable[..., Office],
) -> None:
    people = office("alice")
    none = people.run("alice", "org", "members")
    assert "loom org create" in none.stderr
    for name in ("Acme", "Emca"):
        people.did("alice", "org", "create", name)
    assert people.run("alice", "org", "members").returncode == 0
    people.did("alice", "org", "use", "personal")
    several = people.run("alice", "org", "members")
    assert (several.returncode, "acme, emca" in several.stderr) == (1, True)
    people.did("alice", "org", "members", "--org", "emca")
    people.did("alice", "org", "use", "acme")
    people.did("alice", "org", "members")


def used(people: Office, who: str) -> str:
    """The organization that what they make belongs to."""
    me = people.told(who, "whoami")
    return next(org["slug"] for org in me["orgs"] if org["id"] == me["org_id"])


def test_the_first_organization_that_one_makes_or_joins_is_the_one_that_is_used(
    office: Callable[..., Office],
) -> None:
    people = office("alice", "bob")
    assert "belongs to it from now on" in people.did("alice", "org", "create", "Acme")
    assert used(people, "alice") == "acme"
    token = people.did("alice", "org", "invite", "bob@example.com").split()[-1]
    assert "belongs to it from now on" in people.did("bob", "org", "accept", token)
    assert used(people, "bob") == "acme"
    assert "loom org use emca" in people.did("bob", "org", "create", "Emca")
    assert used(people, "bob") == "acme"


def test_who_has_chosen_to_work_alone_is_not_taken_along(office: Callable[..., Office]) -> None:
    people = office("alice")
    people.did("alice", "org", "create", "Acme")
    people.did("alice", "org", "use", "personal")
    people.did("alice", "org", "create", "Emca")
    assert used(people, "alice") == "alice"
    people.did("alice", "org", "use", "emca")
    people.did("alice", "org", "delete", "emca", "--yes")
    people.did("alice", "org", "create", "Third")
    assert used(people, "alice") == "third"


def test_somebody_asks_to_be_let_in_and_is(office: Callable[..., Office]) -> None:
    people = office("alice", "bob")
    people.did("alice", "org", "create", "Acme", "--public")
    people.did("bob", "org", "join", "acme", "-m", "It is\x1b[2J me")
    waiting = people.did("alice", "org", "requests")
    assert ("bob@example.com" in waiting, "\x1b" in waiting) == (True, False)
    people.did("alice", "org", "approve", "bob@example.com")
    assert "acme" in people.did("bob", "org", "list")
    people.did("bob", "org", "leave", "acme", "--yes")
    assert "acme" not in people.did("bob", "org", "list")


def test_a_team_has_the_people_it_is_told_to_have(office: Callable[..., Office]) -> None:
    people = office("alice", "bob")
    people.did("alice", "org", "create", "Acme")
    people.did("alice", "team", "create", "Backend")
    refused = people.run("alice", "team", "add", "backend", "bob@example.com")
    assert "nobody in acme is bob@example.com" in refused.stderr
    people.did("alice", "team", "add", "backend", "alice", "--maintainer")
    assert "maintainer" in people.did("alice", "team", "members", "backend")
    (team,) = people.told("alice", "team", "list")["teams"]
    assert (team["slug"], team["member_count"], team["role"]) == ("backend", 1, "maintainer")
    people.did("alice", "team", "remove", "backend", "alice")
    people.did("alice", "team", "delete", "backend", "--yes")
    assert people.told("alice", "team", "list")["teams"] == []


def test_a_key_is_made_used_listed_and_revoked(office: Callable[..., Office]) -> None:
    people = office("alice")
    people.did("alice", "org", "create", "Acme")
    words = ("api-key", "create", "CI", "--scope", "threads:read", "--expires", "30d")
    key = people.did("alice", *words).split()[-1]
    people.tokens["robot"] = key
    assert [org["slug"] for org in people.told("robot", "org", "list")["orgs"]] == ["acme"]
    refused = people.run("robot", "org", "members", "--org", "acme")
    assert "no API key may do this" in refused.stderr
    listed = people.did("alice", "api-key", "list")
    assert (f"…{key[-4:]}" in listed, key in listed) == (True, False)
    people.did("alice", "api-key", "revoke", "CI", "--yes")
    assert people.run("robot", "org", "list").returncode == 1
    wrong = people.run("alice", "api-key", "create", "X", "--scope", "llm:use", "--expires", "soon")
    assert (wrong.returncode, "like 30d" in wrong.stderr) == (2, True)


def test_a_person_renames_and_deletes_their_own_account(office: Callable[..., Office]) -> None:
    people = office("alice")
    assert people.told("alice", "account", "name", "Alice A.")["name"] == "Alice A."
    assert "--yes" in people.run("alice", "account", "delete").stderr
    assert "sign in before" in people.did("alice", "account", "delete", "--yes")
    gone = people.run("alice", "org", "list")
    assert (gone.returncode, "loom login" in gone.stderr) == (1, True)
    last = people.run("root", "account", "delete", "--yes")
    assert "at least one system_admin" in last.stderr


def test_a_person_and_an_admin_see_how_much_room_is_used(office: Callable[..., Office]) -> None:
    people = office("alice")
    words = "Your threads and their images take 0 bytes of 5.0 GiB."
    assert people.did("alice", "account", "storage").strip() == words
    told = people.told("alice", "account", "storage")
    assert told == {"used": 0, "deleted": 0, "limit": 5 * 1024**3}
    header, *rows = people.did("root", "admin", "users").splitlines()
    assert "STORED" in header
    assert all("0 bytes" in row for row in rows)


def test_an_admin_finds_accounts_gives_roles_and_acts_in_somebodys_place(
    office: Callable[..., Office],
) -> None:
    people = office("alice")
    assert people.run("alice", "admin", "users").returncode == 1
    assert "alice@example.com" in people.did("root", "admin", "users", "ali")
    account = people.told("root", "admin", "role", "alice@example.com", "support", "auditor")
    assert account["roles"] == ["support", "auditor"]
    people.did("root", "admin", "role", "alice", "none")
    token = people.told("root", "admin", "impersonate", "alice")["token"]
    assert "You are in the place of" in people.did(token, "admin", "impersonate")
    assert "alice" in people.did(token, "org", "list")
    refused = people.run(token, "org", "create", "Acme")
    assert "nobody does this while impersonating" in refused.stderr
    people.did(token, "admin", "impersonate", "--stop")
    assert people.run(token, "org", "list").returncode == 1
    people.did("root", "admin", "delete", "alice", "--yes")
    assert people.run("alice", "org", "list").returncode == 1
    people.did("root", "admin", "restore", "alice")
