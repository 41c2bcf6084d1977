"""Writes by whoever speaks HTTP and JSON."""

import asyncio
from typing import Any

import pytest

from tests.server.conftest import TeamUp
from tests.server.threads.conftest import NEW, THREAD, Desk, attached, said, shown

PATH = f"/api/threads/{THREAD}"
PIXEL = b"\x89PNG, or nearly"


@pytest.fixture
async def alice(team: TeamUp) -> Desk:
    loom = await team()
    await loom.sign_up("root@example.com")
    return Desk(loom, await loom.sign_up("alice@example.com"))


async def another(desk: Desk, name: str = "mallory") -> Desk:
    return Desk(desk.team, await desk.team.sign_up(f"{name}@example.com"))


async def test_a_thread_that_was_written_is_read_back(alice: Desk) -> None:
    made = await alice.write("Hello", title="Greetings", tags=["a"], is_pinned=True)
    assert made.status == 201
    read = await alice.read()
    thread = read["thread"]
    assert (thread["title"], thread["tags"], thread["is_pinned"]) == ("Greetings", ["a"], True)
    assert (thread["version"], thread["length"], thread["message_count"]) == (1, 1, 1)
    assert thread["owner_id"] == alice.person.id
    assert thread["org_id"] == alice.person.org_id
    assert made.headers["ETag"] == f'"{thread["etag"]}"'
    assert await alice.texts() == ["Hello"]


async def test_only_new_entries_travel_and_what_is_taken_back_is_gone(alice: Desk) -> None:
    etag = (await alice.write("one", "two", "three")).json()["etag"]
    etag = (await alice.write("four", keep=3, etag=etag)).json()["etag"]
    assert await alice.texts() == ["one", "two", "three", "four"]
    written = (await alice.write("other", keep=1, etag=etag)).json()
    assert (written["length"], written["message_count"], written["version"]) == (2, 2, 3)
    assert await alice.texts() == ["one", "other"]


async def test_a_reader_gets_what_changed_since_it_last_looked(alice: Desk) -> None:
    first = (await alice.write("one", "two", "three")).json()["etag"]
    second = (await alice.write("four", keep=3, etag=first)).json()["etag"]
    third = (await alice.write("five", keep=2, etag=second)).json()["etag"]
    await alice.call("PATCH", PATH, third, json={"title": "T"})
    for since, keep, known in ((first, 2, True), (second, 2, True), (third, 3, True)):
        read = await alice.read(f"?since={since}")
        assert (read["keep"], read["is_since_known"]) == (keep, known)
        assert len(read["entries"]) == read["thread"]["length"] - keep
    stranger = await alice.read("?since=3-0000000000000000")
    assert (stranger["keep"], stranger["is_since_known"], len(stranger["entries"])) == (0, False, 3)
    assert len((await alice.read("?after=2"))["entries"]) == 1


async def test_an_unchanged_thread_is_not_sent_again(alice: Desk) -> None:
    etag = (await alice.write("one")).json()["etag"]
    asked = {**alice.headers, "If-None-Match": f'"{etag}"'}
    answer = await alice.team.call("GET", PATH, asked)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_write_without_a_version_is_refused(alice: Desk, method: str) -> None:
    await alice.write("one")
    body = {"thread": {}} if method == "PUT" else {}
    answer = await alice.call(method, PATH, None, json=body)
    assert answer.status == 428
    assert "If-Match" in answer.json()["hint"]


@pytest.mark.parametrize("given", ["*", '"1", "2"', "x" * 300])
async def test_a_version_that_names_none_is_refused(alice: Desk, given: str) -> None:
    await alice.write("one")
    headers = {**alice.headers, "If-Match": given}
    answer = await alice.team.call("PUT", PATH, headers, json={"thread": {}})
    assert answer.status == 400
    assert await alice.texts() == ["one"]


async def test_a_write_for_an_older_version_changes_nothing(alice: Desk) -> None:
    first = (await alice.write("one")).json()["etag"]
    second = (await alice.write("two", keep=1, etag=first)).json()["etag"]
    for client_version, answer in (
        (1, await alice.write("three", keep=1, etag=first)),
        (0, await alice.write("three")),
        (1, await alice.call("PATCH", PATH, first, json={"title": "T"})),
        (1, await alice.call("DELETE", PATH, first)),
        (2, await alice.write("three", keep=1, etag="2-0000000000000000")),
    ):
        told = answer.json()
        assert (answer.status, told["error"], told["etag"]) == (412, "conflict", second)
        assert (told["server_version"], told["client_version"]) == (2, client_version)
    assert await alice.texts() == ["one", "two"]


async def test_a_versions_number_will_do(alice: Desk) -> None:
    await alice.write("one")
    assert (await alice.write("two", keep=1, etag="1")).status == 200
    assert (await alice.write("two", keep=1, etag="1")).status == 412


async def test_of_writers_at_once_exactly_one_wins(alice: Desk) -> None:
    etag = (await alice.write("one")).json()["etag"]
    writers = [alice.write(f"by {n}", keep=1, etag=etag) for n in range(12)]
    statuses = [answer.status for answer in await asyncio.gather(*writers)]
    assert sorted(statuses) == [200] + [412] * 11
    winner = statuses.index(200)
    assert await alice.texts() == ["one", f"by {winner}"]


async def test_of_makers_at_once_exactly_one_wins(alice: Desk) -> None:
    made = await asyncio.gather(*(alice.write(f"by {n}") for n in range(8)))
    assert sorted(answer.status for answer in made) == [201] + [412] * 7


async def test_positions_beyond_the_end_are_refused(alice: Desk) -> None:
    etag = (await alice.write("one")).json()["etag"]
    for keep in (2, 2**40, -1, 2**70):
        answer = await alice.write("x", keep=keep, etag=etag)
        assert answer.status == 400
    assert (await alice.call("GET", f"{PATH}?after=2", None)).status == 400
    assert (await alice.write("x", keep=1, thread=THREAD + "2")).status == 400
    assert await alice.texts() == ["one"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"thread": {"title": 5}}',
        b'{"thread": {"tags": "a"}}',
        b'{"thread": {"created_at": "yesterday"}}',
        b'{"thread": {"updated_at": "2026-11-28T00:00:00"}}',
        b'{"thread": {}, "entries": [5]}',
        b'{"thread": {}, "entries": [{}]}',
        b'{"thread": {}, "entries": [{"type": "message"}]}',
        b'{"thread": {}, "entries": [{"type": "message", "message": {"role": "emperor"}}]}',
        b'{"thread": {}, "entries": [{"type": 7}]}',
        b'{"thread": {}, "entries": {"a": 1}}',
        b'{"thread": {}, "keep": "1"}',
        b'{"thread": {"title": "\xff"}}',
        b'{"thread": {"title": "\\ud800"}}',
        b'{"thread": {}, "attachments": [{"hash": "x", "media_type": "", "data": ""}]}',
        b'{"thread": {}, "visibility": "everybody"}',
        b'{"thread": {}, "entries": [{"type": "message", "message": '
        b'{"role": "user", "content": [{"type": "tool_use", "id": "1", "name": "x", "input": '
        + b'{"a": ' * 5_000
        + b"1"
        + b"}" * 5_000
        + b"}]}}]}",
    ],
    ids=range(20),
)
async def test_what_is_no_write_is_refused_and_makes_nothing(alice: Desk, body: bytes) -> None:
    answer = await alice.call("PUT", PATH, "", data=body)
    assert answer.status == 400
    assert answer.json()["error"] == "invalid_request"
    assert (await alice.call("GET", PATH, None)).status == 404


@pytest.mark.parametrize(
    "name",
    ["x", "T-", "T-%00", "T-a%2Fb", "T-..", "T-" + "a" * 80, "t-abc", "%F0%9F%A7%B5", "T-a b"],
)
async def test_an_id_that_is_none_is_refused(alice: Desk, name: str) -> None:
    answer = await alice.write("one", thread=name)
    assert answer.status in (400, 404)
    assert (await alice.listed())["total"] == 0


async def test_a_huge_body_is_refused(team: TeamUp) -> None:
    loom = await team(body_limit=100_000)
    alice = Desk(loom, await loom.sign_up("alice@example.com"))
    assert (await alice.write("x" * 200_000)).status == 413
    assert (await alice.write("x" * 90_000)).status == 201


async def test_a_body_cannot_say_whose_a_thread_is(alice: Desk) -> None:
    mallory = await another(alice)
    claims: dict[str, Any] = {"owner_id": alice.person.id, "org_id": alice.person.org_id}
    claims |= {"version": 99, "id": "T-other", "length": 7, "etag": "99-a", "is_deleted": True}
    body = {"thread": claims, "entries": [said("mine")], **claims}
    made = await mallory.call("PUT", PATH, "", json=body)
    info = made.json()
    assert (info["id"], info["version"], info["length"]) == (THREAD, 1, 1)
    assert (info["owner_id"], info["org_id"]) == (mallory.person.id, mallory.person.org_id)
    assert (await alice.call("GET", PATH, None)).status == 404


async def test_a_strangers_thread_is_as_if_it_were_not_there(alice: Desk) -> None:
    etag = (await alice.write("secret")).json()["etag"]
    mallory = await another(alice)
    nowhere = "T-01900000-0000-7000-8000-00000000ffff"

    async def answers(thread: str) -> list[tuple[int, str]]:
        path = f"/api/threads/{thread}"
        asked = [
            await mallory.call("GET", path, None),
            await mallory.call("GET", f"{path}?deleted=true", None),
            await mallory.write("x", thread=thread, etag=etag),
            await mallory.call("PATCH", path, etag, json={"title": "x"}),
            await mallory.call("DELETE", path, etag),
        ]
        return [(each.status, each.json()["message"].replace(thread, "ID")) for each in asked]

    assert await answers(THREAD) == await answers(nowhere)
    assert {status for status, _ in await answers(THREAD)} == {404}
    assert (await mallory.write("overwritten")).status == 404
    assert await alice.texts() == ["secret"]
    assert (await mallory.listed())["threads"] == []


async def test_a_write_into_an_organization_of_others_is_refused(alice: Desk) -> None:
    loom, mallory = alice.team, await another(alice)
    org = await loom.org("acme", owner=alice.person)
    headers = {**mallory.headers, "X-Loom-Org": org, **NEW}
    answer = await loom.call("PUT", PATH, headers, json={"thread": {}})
    assert answer.status == 404
    assert (await alice.call("GET", PATH, None)).status == 404


async def test_a_thread_belongs_to_the_organization_that_the_request_names(alice: Desk) -> None:
    loom, bob = alice.team, await another(alice, "bob")
    org = await loom.org("acme", owner=alice.person, member=bob.person)
    headers = {**alice.headers, "X-Loom-Org": "acme", **NEW}
    made = await loom.call("PUT", PATH, headers, json={"thread": {"title": "Ours"}})
    assert made.json()["org_id"] == org
    assert [each["title"] for each in (await bob.listed())["threads"]] == ["Ours"]
    etag = made.json()["etag"]
    refused = await bob.write("mine now", etag=etag)
    assert refused.status == 403


async def test_visibility_decides_who_reads(alice: Desk) -> None:
    loom, bob = alice.team, await another(alice, "bob")
    mallory = await another(alice)
    await loom.org("acme", owner=alice.person, member=bob.person)
    acme = Desk(loom, alice.person, {**alice.headers, "X-Loom-Org": "acme"})
    etag = (await acme.write("hello", visibility="private")).json()["etag"]
    seen = []
    for visibility in ("private", "organization", "public"):
        answer = await acme.call("PATCH", PATH, etag, json={"visibility": visibility})
        etag = answer.json()["etag"]
        asked = [await desk.call("GET", PATH, None) for desk in (bob, mallory)]
        seen.append((visibility, *(each.status for each in asked)))
    assert seen == [("private", 404, 404), ("organization", 200, 404), ("public", 200, 200)]
    assert (await mallory.listed())["threads"] == []
    told = await bob.call("PATCH", PATH, etag, json={"visibility": "private"})
    assert told.status == 403


async def test_a_thread_goes_into_an_organization_of_its_owners(alice: Desk) -> None:
    loom, bob, mallory = alice.team, await another(alice, "bob"), await another(alice)
    org = await loom.org("acme", owner=alice.person, member=bob.person)
    await loom.org("others", owner=mallory.person)
    etag = (await alice.write("hello")).json()["etag"]
    refused = await alice.call("PATCH", PATH, etag, json={"org": "others"})
    assert refused.status == 404
    moved = await alice.call("PATCH", PATH, etag, json={"org": "acme"})
    assert (moved.json()["org_id"], moved.json()["visibility"]) == (org, "private")
    assert (await bob.call("GET", PATH, None)).status == 404
    change = {"org": "acme", "visibility": "organization"}
    etag = moved.json()["etag"]
    etag = (await alice.call("PATCH", PATH, etag, json=change)).json()["etag"]
    assert (await bob.call("GET", PATH, None)).status == 200
    theirs = await bob.call("PATCH", PATH, etag, json={"org": "acme"})
    assert theirs.status == 403


async def test_a_thread_that_goes_elsewhere_is_shown_no_more_where_it_was(alice: Desk) -> None:
    loom, bob = alice.team, await another(alice, "bob")
    await loom.org("acme", owner=alice.person, member=bob.person)
    await loom.org("emca", owner=alice.person)
    acme = Desk(loom, alice.person, {**alice.headers, "X-Loom-Org": "acme"})
    etag = (await acme.write("hello")).json()["etag"]
    assert (await bob.call("GET", PATH, None)).status == 200
    link = await alice.call("POST", f"{PATH}/share", None, json={})
    await alice.call("PATCH", PATH, etag, json={"org": "emca"})
    assert (await bob.call("GET", PATH, None)).status == 404
    address = f"{PATH}/share/{link.json()['token']}"
    assert (await alice.call("GET", address, None)).status == 404


async def test_an_image_is_sent_once_and_read_by_its_hash(alice: Desk) -> None:
    without = await alice.write(entries=[shown(PIXEL)])
    assert without.status == 422
    made = await alice.write(entries=[shown(PIXEL)], attachments=[attached(PIXEL)])
    etag = made.json()["etag"]
    assert (await alice.write(entries=[shown(PIXEL)], keep=1, etag=etag)).status == 200
    read = await alice.read()
    assert [each["hash"] for each in read["attachments"]] == [attached(PIXEL)["hash"]]
    assert read["attachments"][0]["data"] == attached(PIXEL)["data"]


async def test_anothers_image_is_not_had_for_its_hash(alice: Desk) -> None:
    await alice.write(entries=[shown(PIXEL)], attachments=[attached(PIXEL)])
    mallory = await another(alice)
    answer = await mallory.write(entries=[shown(PIXEL)], thread=THREAD + "2")
    assert answer.status == 422
    assert answer.json()["missing"] == [attached(PIXEL)["hash"]]


async def test_an_attachment_with_other_bytes_is_refused(alice: Desk) -> None:
    forged = {**attached(PIXEL), "data": attached(b"other")["data"]}
    answer = await alice.write(entries=[shown(PIXEL)], attachments=[forged])
    assert answer.status == 400


async def test_a_deleted_thread_is_gone_for_readers_and_comes_back_when_written(
    alice: Desk,
) -> None:
    etag = (await alice.write("one")).json()["etag"]
    deleted = await alice.call("DELETE", PATH, etag)
    assert deleted.status == 204
    assert (await alice.call("GET", PATH, None)).status == 404
    assert (await alice.listed())["threads"] == []
    assert (await alice.read("?deleted=true"))["thread"]["is_deleted"]
    assert (await alice.call("DELETE", PATH, etag)).status == 204
    again = deleted.headers["ETag"].strip('"')
    assert (await alice.write("two", keep=1, etag=again)).status == 200
    assert await alice.texts() == ["one", "two"]


async def test_a_clock_that_runs_ahead_puts_no_thread_first(alice: Desk) -> None:
    await alice.write("one", updated_at="9999-12-31T23:59:59Z", created_at="9999-01-01T00:00:00Z")
    await alice.write("two", thread=THREAD + "2")
    listed = (await alice.listed())["threads"]
    assert listed[-1]["id"] == THREAD
    assert listed[-1]["updated_at"] < "9000"


async def test_an_entry_of_a_newer_loom_is_kept_as_it_is(alice: Desk) -> None:
    entry = {"type": "hologram", "depth": [1, {"z": 2}]}
    await alice.write(entries=[entry])
    raw = (await alice.read())["entries"][0]
    assert (raw["type"], raw["kind"]) == ("unknown", "hologram")
    assert raw["raw"] == entry
    etag = (await alice.read())["thread"]["etag"]
    await alice.write(entries=[raw], keep=1, etag=etag)
    entries = (await alice.read())["entries"]
    assert entries[0] == entries[1]


async def test_a_long_thread_comes_in_pieces(alice: Desk) -> None:
    await alice.write(*(str(n) + "x" * 3_000_000 for n in range(5)))
    sizes, position = [], 0
    while position < 5:
        read = await alice.read(f"?after={position}")
        assert read["keep"] == position
        sizes.append(len(read["entries"]))
        position += len(read["entries"])
    assert sizes == [3, 2]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("threads:read", (200, 403, 403)), ("threads:write", (403, 201, 403))],
)
async def test_a_key_does_what_its_scope_says(
    alice: Desk, scope: str, expected: tuple[int, int, int]
) -> None:
    loom = alice.team
    org = await loom.org("acme", owner=alice.person)
    key = Desk(loom, alice.person, await loom.api_key(alice.person, org, scope))
    asked = (
        await key.call("GET", "/api/threads", None),
        await key.write("one"),
        await key.call("DELETE", PATH, "1"),
    )
    assert tuple(each.status for each in asked) == expected


async def test_a_key_makes_no_thread_that_everybody_reads(alice: Desk) -> None:
    loom = alice.team
    org = await loom.org("acme", owner=alice.person)
    scopes = ("threads:read", "threads:write")
    key = Desk(loom, alice.person, await loom.api_key(alice.person, org, *scopes))
    assert (await key.write("one", visibility="public")).status == 403
    assert (await alice.call("GET", PATH, None)).status == 404
    assert (await alice.write("one", visibility="public")).status == 201


async def test_a_key_does_not_see_what_its_maker_has_elsewhere(alice: Desk) -> None:
    loom = alice.team
    await alice.write("mine")
    org = await loom.org("acme", owner=alice.person)
    scopes = ("threads:read", "threads:write", "threads:delete")
    key = Desk(loom, alice.person, await loom.api_key(alice.person, org, *scopes))
    assert (await key.listed())["threads"] == []
    assert (await key.listed("?since="))["threads"] == []
    assert (await key.call("GET", PATH, None)).status == 404
    assert (await key.write("theirs", etag="1")).status == 404


async def test_the_operator_owns_no_threads(alice: Desk) -> None:
    headers = {"Authorization": alice.team.loom.client.headers["Authorization"], **NEW}
    answer = await alice.team.call("PUT", PATH, headers, json={"thread": {}})
    assert answer.status == 403
