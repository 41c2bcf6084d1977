"""What others keep to themselves leaves no trace in what one finds."""

import pytest

from tests.server.conftest import TeamUp
from tests.server.threads.conftest import Desk

COMMIT = "3f2a91c0ffee"
QUERIES = ("purple", "purp", "urpl", "Zoo", COMMIT[:7], "purple&branch=zoo", "purple&limit=1")


@pytest.fixture
async def alice(team: TeamUp) -> Desk:
    loom = await team()
    await loom.sign_up("root@example.com")
    return Desk(loom, await loom.sign_up("alice@example.com"))


async def answers(desk: Desk) -> dict[str, bytes]:
    found = {}
    for query in QUERIES:
        answer = await desk.call("GET", f"/api/threads/search?q={query}", None)
        assert answer.status == 200, answer.body
        found[query] = answer.body
    return found


async def test_private_threads_of_others_change_nothing_that_one_finds(alice: Desk) -> None:
    head = {"git_commit": COMMIT, "git_branch": "zoo", "title": "Zoo"}
    for number in range(3):
        await alice.write("a purple elephant", thread=f"T-{number}", **head)
    before = await answers(alice)
    bob = Desk(alice.team, await alice.team.sign_up("bob@example.com"))
    org = await alice.team.org("acme", owner=alice.person, member=bob.person)
    for number in range(120):
        await bob.write(
            *["a purple elephant in the zoo"] * 3,
            thread=f"T-b{number}",
            visibility="private",
            **head,
        )
    assert await answers(alice) == before
    assert all(b'"T-' in body for body in before.values())
    theirs = await bob.call("GET", "/api/threads/search?q=purple", None)
    assert len(theirs.json()["hits"]) == 20
    elsewhere = await alice.call("GET", f"/api/threads/search?q=purple&org={org}", None)
    assert elsewhere.json()["hits"] == []
