"""Who makes links, who reads by them, and when that ends."""

import hashlib
import re
from typing import Any

import pytest
from msgspec import json

from loom.server.auth import login_sessions
from loom.server.auth.login_sessions import Origin
from loom.server.keys import THREADS
from tests.server.flags.listening import kill, listening
from tests.server.sharing.conftest import DAY_MS, PATH, SUPPORT, Owner
from tests.server.team import Person, Said
from tests.server.threads.conftest import THREAD, Desk


def told(answer: Said) -> tuple[int, Any]:
    """What an answer says, the request's id apart."""
    return answer.status, json.decode(answer.body) | {"request_id": ""}


async def test_whoever_has_the_link_reads_and_nobody_else(alice: Owner) -> None:
    await alice.desk.write("Hello", title="Greetings", visibility="private", workspace="/home/al")
    link = await alice.link()
    seen = await alice.seen(link)
    body = seen.json()
    assert (seen.status, body["title"], body["next"]) == (200, "Greetings", None)
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
    assert b"/home/al" not in seen.body
    assert b"alice" not in seen.body
    assert (await alice.seen(f"/api/threads/{THREAD}")).status == 401


async def test_answers_are_kept_by_nobody_and_found_by_no_search_engine(alice: Owner) -> None:
    await alice.desk.write("Hello")
    headers = (await alice.seen(await alice.link())).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


async def test_whatever_is_wrong_with_a_link_is_answered_alike(alice: Owner) -> None:
    await alice.desk.write("Hello")
    await alice.desk.write("Hello", thread="T-other")
    revoked = await alice.link()
    await alice.call("DELETE", PATH)
    expired = await alice.link(expires_in=60)
    alice.clock.now += 60_000
    wrong = f"{PATH}/{'0' * 48}"
    elsewhere = expired.replace(THREAD, "T-other")
    missing = expired.replace(THREAD, "T-01900000-0000-7000-8000-00000000ffff")
    answers = [
        told(await alice.seen(path)) for path in (revoked, expired, wrong, elsewhere, missing)
    ]
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


async def test_who_guesses_has_to_wait_and_who_has_the_link_does_not(alice: Owner) -> None:
    await alice.desk.write("Hello")
    link = await alice.link()
    answers = [(await alice.seen(f"{PATH}/{number:048x}")) for number in range(22)]
    assert {answer.status for answer in answers[:20]} == {404}
    assert answers[21].status == 429
    assert int(answers[21].headers["Retry-After"]) > 0
    assert (await alice.seen(link)).status == 200


async def test_a_new_link_takes_the_place_of_the_old_one(alice: Owner) -> None:
    await alice.desk.write("Hello")
    old, new = await alice.link(), await alice.link()
    assert [(await alice.seen(path)).status for path in (old, new)] == [404, 200]


async def test_revoking_holds_at_once_and_can_be_repeated(alice: Owner) -> None:
    await alice.desk.write("Hello")
    link = await alice.link()
    for _ in range(2):
        assert (await alice.call("DELETE", PATH)).status == 204
        assert (await alice.seen(link)).status == 404


async def test_a_link_ends_when_its_time_is_over(alice: Owner) -> None:
    await alice.desk.write("Hello")
    link = await alice.link(expires_in=7 * 24 * 3600)
    alice.clock.now += 7 * DAY_MS - 1
    assert (await alice.seen(link)).status == 200
    alice.clock.now += 1
    assert (await alice.seen(link)).status == 404
    assert (await alice.call("GET", PATH)).json()["link"] is None


@pytest.mark.parametrize("expires_in", [0, -1, 10**12, "soon", 1.5])
async def test_a_time_that_is_none_is_refused(alice: Owner, expires_in: object) -> None:
    await alice.desk.write("Hello")
    answer = await alice.call("POST", PATH, json={"expires_in": expires_in})
    assert answer.status == 400


async def test_a_token_is_192_random_bits_and_kept_as_a_hash_alone(alice: Owner) -> None:
    await alice.desk.write("Hello")
    tokens = {(await alice.link()).rpartition("/")[2] for _ in range(3)}
    assert len(tokens) == 3
    assert all(re.fullmatch("[0-9a-f]{48}", token) for token in tokens)
    last = (await alice.link()).rpartition("/")[2]
    store = alice.team.app[THREADS]
    (row,) = store.read(lambda c: c.execute("SELECT * FROM share_links").fetchall())
    assert hashlib.sha256(last.encode()).digest() in row
    assert last not in row
    assert last.encode() not in store.path.read_bytes()


async def test_a_token_is_in_no_log_line_and_no_audit_line(
    alice: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await alice.desk.write("Hello")
    link = await alice.link()
    token = link.rpartition("/")[2]
    assert (await alice.seen(link)).status == 200
    assert (await alice.seen(link.replace(THREAD, "T-none"))).status == 404
    events = json.encode(await alice.events("access.shared") + await alice.events("access.denied"))
    assert THREAD.encode() in events
    assert token.encode() not in events
    assert token not in caplog.text


async def test_deleting_a_thread_or_making_it_private_ends_its_links(alice: Owner) -> None:
    etag = (await alice.desk.write("Hello")).json()["etag"]
    link = await alice.link()
    path = f"/api/threads/{THREAD}"
    private = await alice.desk.call("PATCH", path, etag, json={"visibility": "private"})
    assert (private.status, (await alice.seen(link)).status) == (200, 404)
    link, etag = await alice.link(), private.json()["etag"]
    gone = await alice.desk.call("DELETE", path, etag)
    assert (await alice.seen(link)).status == 404
    # Writing brings a deleted thread back, but not who read it.
    back = await alice.desk.write("again", etag=gone.headers["ETag"].strip('"'))
    assert (back.status, (await alice.seen(link)).status) == (200, 404)


async def test_a_link_shows_nothing_of_an_owner_who_is_gone(alice: Owner) -> None:
    await alice.desk.write("Hello")
    link = await alice.link()
    assert (await alice.call("POST", "/api/users/me/delete")).status == 200
    assert (await alice.seen(link)).status == 404


async def test_who_left_an_organization_shows_none_of_its_threads(alice: Owner) -> None:
    olga = await alice.colleague("olga")
    await alice.team.org("acme", owner=olga, member=alice.desk.person)
    acme = Desk(alice.team, alice.desk.person, {**alice.desk.headers, "X-Loom-Org": "acme"})
    await acme.write("ours")
    link = await alice.link()
    assert (await alice.seen(link)).status == 200
    path = f"/api/orgs/acme/members/{alice.desk.person.id}"
    assert (await alice.team.call("DELETE", path, olga.headers)).status == 204
    assert (await alice.seen(link)).status == 404


async def test_the_owner_alone_shares(alice: Owner) -> None:
    await alice.desk.write("Hello", visibility="public")
    mallory = Desk(alice.team, await alice.colleague("mallory"))
    for method, path in (
        ("GET", PATH),
        ("POST", PATH),
        ("DELETE", PATH),
        ("POST", f"{SUPPORT}/approve"),
        ("DELETE", SUPPORT),
    ):
        given = {"json": {}} if method == "POST" else {}
        assert (await mallory.call(method, path, None, **given)).status == 403, path


async def test_nobody_shares_while_impersonating(alice: Owner) -> None:
    await alice.desk.write("Hello")
    admin = await alice.colleague("ada", is_system_admin=True)
    headers = await impersonating(alice, admin)
    as_alice = Desk(alice.team, alice.desk.person, headers)
    assert (await as_alice.call("GET", f"/api/threads/{THREAD}", None)).status == 200
    etag = (await as_alice.read())["thread"]["etag"]
    asked = {"visibility": "public"}
    patched = await as_alice.call("PATCH", f"/api/threads/{THREAD}", etag, json=asked)
    made = await as_alice.call("POST", PATH, None, json={})
    granted = await as_alice.call("POST", f"{SUPPORT}/approve", None, json={})
    assert [patched.status, made.status, granted.status] == [403, 403, 403]


async def impersonating(alice: Owner, admin: Person) -> dict[str, str]:
    """Headers of the admin in Alice's place."""
    path = f"/api/admin/users/{alice.desk.person.id}/impersonate"
    answer = await alice.team.call("POST", path, admin.headers, json={})
    assert answer.status < 300, answer.body
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def test_no_api_key_shares(alice: Owner) -> None:
    await alice.desk.write("Hello")
    key = await alice.team.api_key(alice.desk.person, alice.desk.person.org_id, "threads:write")
    assert (await alice.team.call("POST", PATH, key, json={})).status == 403


async def test_what_is_shared_is_listed_for_its_owner_alone(alice: Owner) -> None:
    await alice.desk.write("a", thread="T-a")
    await alice.desk.write("b")
    await alice.link(expires_in=60)
    (shared,) = (await alice.call("GET", "/api/shares")).json()["shares"]
    assert (shared["thread"]["id"], shared["support"]) == (THREAD, None)
    assert shared["link"]["expires_at"]
    bob = await alice.colleague("bob")
    assert (await alice.team.call("GET", "/api/shares", bob.headers)).json()["shares"] == []
    alice.clock.now += 60_000
    assert (await alice.call("GET", "/api/shares")).json()["shares"] == []


async def test_the_support_asks_is_let_in_and_out_after_31_days(alice: Owner) -> None:
    await alice.desk.write("Hello", visibility="private")
    sue = Desk(alice.team, await alice.colleague("sue", is_support=True))
    path = f"/api/threads/{THREAD}"
    assert (await sue.call("GET", path, None)).status == 404
    asked = await sue.call("POST", f"{SUPPORT}/request", None, json={"reason": "ticket 7"})
    assert (asked.status, (await sue.call("GET", path, None)).status) == (202, 404)
    (waiting,) = (await alice.call("GET", "/api/shares")).json()["shares"]
    assert waiting["support"]["reason"] == "ticket 7"
    assert waiting["support"]["requested_by"] == "sue@example.com"
    assert (await alice.call("POST", f"{SUPPORT}/approve", json={})).status == 200
    assert (await sue.call("GET", path, None)).status == 200
    again = await sue.call("POST", f"{SUPPORT}/request", None, json={})
    assert (again.status, (await sue.call("GET", path, None)).status) == (202, 200)
    alice.clock.now += 31 * DAY_MS - 1
    assert (await sue.call("GET", path, None)).status in (200, 401)
    alice.clock.now += 1
    headers = await signed_in_again(alice, sue.person)
    assert (await alice.team.call("GET", path, headers)).status == 404


async def signed_in_again(alice: Owner, person: Person) -> dict[str, str]:
    """Headers of a fresh LoginSession: the others ended meanwhile."""
    now = alice.clock.now
    _, token = await alice.team.database.write(
        lambda c: login_sessions.create(c, person.id, "cli", now, Origin())
    )
    return {"Authorization": f"Bearer {token.expose()}"}


async def test_what_the_support_may_do_is_read_and_what_it_reads_is_noted(alice: Owner) -> None:
    etag = (await alice.desk.write("Hello", visibility="private")).json()["etag"]
    sue = Desk(alice.team, await alice.colleague("sue", is_support=True))
    bob = Desk(alice.team, await alice.colleague("bob"))
    await alice.call("POST", f"{SUPPORT}/approve", json={})
    path = f"/api/threads/{THREAD}"
    assert (await bob.call("GET", path, None)).status == 404
    assert (await sue.call("GET", path, None)).status == 200
    assert (await sue.call("PATCH", path, etag, json={"title": "x"})).status in (403, 404)
    assert (await sue.call("DELETE", path, etag)).status in (403, 404)
    assert (await sue.call("POST", PATH, None, json={})).status == 404
    (noted,) = await alice.events("thread.support_read")
    assert (noted["actor_id"], noted["resource"]) == (sue.person.id, f"thread:{THREAD}")
    assert (await alice.call("DELETE", SUPPORT)).status == 204
    assert (await sue.call("GET", path, None)).status == 404


async def test_who_is_asked_learns_at_once_what_waits(alice: Owner) -> None:
    await alice.desk.write("Hello", title="Greetings")
    sue = Desk(alice.team, await alice.colleague("sue", is_support=True))
    async with (
        listening(alice.team, alice.desk.person.headers) as heard,
        listening(alice.team, sue.person.headers) as other,
    ):
        assert (await heard.next())[0] == (await other.next())[0] == "init"
        await sue.call("POST", f"{SUPPORT}/request", None, json={"reason": "ticket 7"})
        name, told = await heard.next()
        (question,) = told["questions"]
        assert (name, question["thread"]) == ("support.asked", THREAD)
        assert (question["requested_by"], question["reason"]) == ("sue@example.com", "ticket 7")
        await alice.call("DELETE", SUPPORT)
        assert await heard.next() == ("support.asked", {"questions": []})
        await kill(alice.team)
        assert (await other.next())[0] == "killswitch.activated"


async def test_who_comes_later_learns_what_still_waits(alice: Owner) -> None:
    await alice.desk.write("Hello", title="Greetings")
    sue = Desk(alice.team, await alice.colleague("sue", is_support=True))
    await sue.call("POST", f"{SUPPORT}/request", None, json={"reason": "ticket 7"})
    async with listening(alice.team, alice.desk.person.headers) as heard:
        assert [(await heard.next())[0] for _ in range(2)] == ["init", "support.asked"]
    await alice.call("POST", f"{SUPPORT}/approve")
    async with listening(alice.team, alice.desk.person.headers) as heard:
        await heard.next()
        await kill(alice.team)
        assert (await heard.next())[0] == "killswitch.activated"


async def test_asking_tells_the_support_nothing(alice: Owner) -> None:
    await alice.desk.write("Hello")
    sue = await alice.colleague("sue", is_support=True)
    path = f"{SUPPORT}/request"
    there = await alice.team.call("POST", path, sue.headers, json={})
    path = path.replace(THREAD, "T-none")
    not_there = await alice.team.call("POST", path, sue.headers, json={})
    assert (there.status, there.body) == (not_there.status, not_there.body)
    assert (await alice.team.call("GET", "/api/shares", sue.headers)).json()["shares"] == []


async def test_sharing_is_audited_from_beginning_to_end(alice: Owner) -> None:
    await alice.desk.write("Hello")
    await alice.link()
    await alice.call("DELETE", PATH)
    await alice.call("POST", f"{SUPPORT}/approve", json={})
    await alice.call("DELETE", SUPPORT)
    for kind in ("share.create", "share.revoke", "support.grant", "support.revoke"):
        (event,) = await alice.events(kind)
        assert (event["actor_id"], event["resource"]) == (alice.desk.person.id, f"thread:{THREAD}")
