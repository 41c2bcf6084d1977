"""What becomes of threads when their owner, or their organization, is gone for good."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loom.server import deletions, kept_requests
from loom.server.auth import login_sessions
from loom.server.auth.login_sessions import Origin
from loom.server.keys import BOOKS
from loom.server.spending.ledger import Spender
from tests.server.conftest import TeamUp
from tests.server.jobs.test_jobs_routes import DAY_MS, OPERATOR, ran, settled
from tests.server.test_door import Clock
from tests.server.test_orgs import ask
from tests.server.threads.conftest import THREAD, Desk, attached, said, shown
from tests.server.threads.test_erasing import PIXEL, count, delete, on_disk, require_sound

IDS = [f"{THREAD[:-1]}{n}" for n in range(1, 8)]
ROWS = ("entries", "thread_files", "revisions", "share_links", "support_access", "taken_back")


class Office:
    """Alice and Bob in an organization of Alice's, and what time it is."""

    def __init__(self, alice: Desk, bob: Desk, org: str, clock: Clock) -> None:
        self.alice, self.bob, self.org, self.clock = alice, bob, org, clock
        self.crew = alice.team

    def in_org(self, desk: Desk) -> Desk:
        return Desk(self.crew, desk.person, {**desk.headers, "X-Loom-Org": "acme"})

    async def days_later(self, days: int) -> None:
        """By then both have to sign in again."""
        self.clock.now += days * DAY_MS
        for desk in (self.alice, self.bob):
            user, now = desk.person.id, self.clock.now
            _, token = await self.crew.database.write(
                partial(
                    login_sessions.create,
                    user_id=user,
                    kind="cli",
                    now_ms=now,
                    origin=Origin(),
                )
            )
            desk.headers = {"Authorization": f"Bearer {token.expose()}"}

    async def purged(self) -> str:
        """What the job says 90 days later."""
        await self.days_later(90)
        return str((await ran(self.crew, "accounts.purge"))["result"])

    async def audited(self, kind: str) -> list[Any]:
        page = await self.crew.call("GET", f"/api/admin/audit?type={kind}", OPERATOR)
        return [each["details"] for each in page.json()["entries"]]


@pytest.fixture
async def office(team: TeamUp) -> Office:
    clock = Clock()
    crew = await team(clock=clock)
    await crew.sign_up("root@example.com")
    alice, bob = [Desk(crew, await crew.sign_up(f"{n}@example.com")) for n in ("alice", "bob")]
    org = await crew.org("acme", owner=alice.person, owner2=bob.person)
    await settled(crew)
    return Office(alice, bob, org, clock)


async def test_threads_of_an_organization_that_is_gone_are_their_owners_alone(
    office: Office,
) -> None:
    alice, bob = office.in_org(office.alice), office.in_org(office.bob)
    await alice.write("for all", thread=IDS[0])
    await alice.write("for everybody", thread=IDS[1], visibility="public")
    await bob.write("bob's", thread=IDS[2])
    await office.alice.write("elsewhere", thread=IDS[3])
    made = await alice.call("POST", f"/api/threads/{IDS[0]}/share", None, json={})
    link = f"/api/threads/{IDS[0]}/share/{made.json()['token']}"
    await alice.call("POST", f"/api/threads/{IDS[0]}/support-access/approve", None)
    assert (await office.crew.call("GET", link)).status == 200
    cursor = (await office.alice.listed("?since="))["cursor"]
    await ask(office.crew, office.alice.person, "DELETE", "orgs/acme")
    assert "0 threads erased, 3 returned to their owners" in await office.purged()
    assert [count(office.crew, table) for table in ("share_links", "support_access")] == [0, 0]
    assert (await office.crew.call("GET", link)).status == 404
    for thread in IDS[:2]:
        read = (await office.alice.read(thread=thread))["thread"]
        assert (read["org_id"], read["visibility"]) == (office.alice.person.org_id, "private")
        assert (await office.bob.call("GET", f"/api/threads/{thread}", None)).status == 404
    assert await office.bob.texts(IDS[2]) == ["bob's"]
    assert (await office.alice.call("GET", f"/api/threads/{IDS[2]}", None)).status == 404
    changed = (await office.alice.listed(f"?since={cursor}"))["threads"]
    assert [each["id"] for each in changed] == IDS[:2]
    # It can be written and shown again, as the owner's own.
    again = await office.alice.call("POST", f"/api/threads/{IDS[0]}/share", None, json={})
    link = f"/api/threads/{IDS[0]}/share/{again.json()['token']}"
    assert (await office.crew.call("GET", link)).status == 200
    assert await office.audited("threads.return") == [{"threads": 3}]
    assert "0 returned" in await office.purged()


async def test_a_deleted_thread_of_such_an_organization_comes_back_as_its_owners(
    office: Office,
) -> None:
    alice = office.in_org(office.alice)
    await alice.write("one")
    await ask(office.crew, office.alice.person, "DELETE", "orgs/acme")
    await office.days_later(89)
    await delete(office.alice)
    before = (await office.alice.read("?deleted=true"))["thread"]
    office.clock.now += DAY_MS
    assert "1 returned" in (await ran(office.crew, "accounts.purge"))["result"]
    after = (await office.alice.read("?deleted=true"))["thread"]
    assert (after["etag"], after["org_id"]) == (before["etag"], office.alice.person.org_id)
    assert (await office.alice.write("two", keep=1, etag=after["etag"])).status == 200
    assert await office.alice.texts() == ["one", "two"]


async def test_a_person_who_is_gone_leaves_no_thread(office: Office, tmp_path: Path) -> None:
    alice, bob = office.in_org(office.alice), office.in_org(office.bob)
    image = {"entries": [said("elderflower"), shown(PIXEL)], "attachments": [attached(PIXEL)]}
    etag = (await alice.write(thread=IDS[0], title="elderflower", **image)).json()["etag"]
    await alice.write("other", thread=IDS[0], keep=1, etag=etag)
    await office.alice.write("elderflower at home", thread=IDS[1])
    await delete(office.alice, IDS[1])
    await alice.call("POST", f"/api/threads/{IDS[0]}/share", None, json={})
    await bob.write(thread=IDS[2], **{**image, "entries": [said("bob's"), shown(PIXEL)]})
    await ask(office.crew, office.alice.person, "POST", "users/me/delete")
    # As long as she may come back, her colleagues read on.
    assert (await bob.read(thread=IDS[0]))["thread"]["title"] == "elderflower"
    assert "1 accounts" in (result := await office.purged())
    assert "threads erased, 0 returned" in result
    for thread in IDS[:2]:
        assert (await office.bob.call("GET", f"/api/threads/{thread}", None)).status == 404
    assert (await office.bob.read(thread=IDS[2]))["attachments"][0]["data"] == attached(PIXEL)[
        "data"
    ]
    assert [count(office.crew, table) for table in ROWS] == [2, 0, 1, 0, 0, 0]
    assert [count(office.crew, table) for table in ("threads", "attachment_owners")] == [1, 1]
    assert b"elderflower" not in on_disk(tmp_path)
    require_sound(tmp_path)
    # Nobody has to learn of them: the ids are free for whoever comes back as somebody new.
    again = Desk(office.crew, await office.crew.sign_up("alice@example.com"))
    assert (await again.write("again", thread=IDS[0])).status == 201


async def test_what_a_purge_left_behind_that_was_cut_off_is_made_up_for(office: Office) -> None:
    await office.in_org(office.alice).write("one")
    await office.bob.write("two", thread=IDS[1])
    for person in (office.bob, office.alice):
        await ask(office.crew, person.person, "POST", "users/me/delete")
    await office.days_later(90)
    now = office.clock.now
    await office.crew.database.write(lambda c: deletions.purge(c, now))
    assert count(office.crew, "threads") == 2
    result = (await ran(office.crew, "accounts.purge"))["result"]
    assert result.startswith("0 accounts and 0 organizations buried; 2 threads erased")
    assert count(office.crew, "threads") == 0


async def test_what_an_organization_or_a_person_had_kept_goes_too(
    office: Office, tmp_path: Path
) -> None:
    people = {"a": office.alice.person, "b": office.bob.person}
    spenders = [(office.org, "a"), (office.org, "b"), ("elsewhere", "a"), ("elsewhere", "b")]
    for org, who in spenders:
        one = Spender(org, people[who].id, "", "anthropic", "m")
        await office.crew.database.write(
            partial(
                kept_requests.add,
                spender=one,
                request_id="r",
                body=f"quince {who} {org}",
                now_ms=office.clock.now,
                days=400,
            )
        )
    budget = {"scope": "all", "period": "day", "limit_usd": 1.0, "is_hard": True}
    await ask(office.crew, people["a"], "PUT", "orgs/acme/budgets", **budget)
    await ask(office.crew, people["a"], "PUT", "orgs/acme/proxy", keep_days=3)
    assert len(office.crew.app[BOOKS].ledger.budgets) == 1
    await ask(office.crew, people["a"], "DELETE", "orgs/acme")
    await ask(office.crew, people["b"], "POST", "users/me/delete")
    await office.purged()
    kept = await office.crew.database.query("SELECT body FROM kept_requests")
    assert kept == [("quince a elsewhere",)]
    assert office.crew.app[BOOKS].ledger.budgets == ()
    for table in ("budgets", "org_proxy_settings"):
        assert await office.crew.database.query(f"SELECT * FROM {table}") == []
