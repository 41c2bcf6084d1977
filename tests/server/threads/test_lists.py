"""What is listed, for whom, and what changed since."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from loom.api.threads import ListQuery
from loom.core.messages import Thread
from loom.server.access import authorize
from loom.server.principal import Principal, PrincipalKind
from loom.server.threads import lists
from loom.server.threads.held import APART, Held, find
from loom.server.threads.lists import COUNTED
from loom.threads import writing
from loom.threads.store import ThreadStore
from tests.server.conftest import TeamUp
from tests.server.threads.conftest import THREAD, Desk


@pytest.fixture
async def alice(team: TeamUp) -> Desk:
    loom = await team()
    await loom.sign_up("root@example.com")
    return Desk(loom, await loom.sign_up("alice@example.com"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ThreadStore]:
    async with ThreadStore.open(tmp_path / "threads.db") as opened:
        yield opened


def call(path: str) -> dict[str, Any]:
    content = [{"type": "tool_use", "id": "c", "name": "read_file", "input": {"path": path}}]
    return {"type": "message", "message": {"role": "assistant", "content": content}}


async def test_filters_choose_threads(alice: Desk) -> None:
    one = {"workspace": "/w", "git_branch": "main", "git_remote": "git@example.com:acme/loom.git"}
    await alice.write(thread="T-1", entries=[call("src/parser.py")], **one, tags=["Bug"])
    await alice.write("x", thread="T-2", git_branch="topic", is_pinned=True)
    for query, expected in (
        ("", ["T-2", "T-1"]),
        ("?workspace=/w", ["T-1"]),
        ("?branch=main", ["T-1"]),
        ("?branch=mai", []),
        ("?repository=acme/loom", ["T-1"]),
        ("?tag=bug", ["T-1"]),
        ("?pinned=true", ["T-2"]),
        ("?file=parser.py", ["T-1"]),
        ("?file=src/parser.py", ["T-1"]),
        ("?file=arser.py", []),
        ("?owner=me&limit=1", ["T-2"]),
        ("?owner=somebody", []),
        (f"?org={alice.person.org_id}&offset=1", ["T-1"]),
        ("?org=elsewhere", []),
    ):
        found = await alice.listed(query)
        assert [each["id"] for each in found["threads"]] == expected, query


async def test_pages_count_everything(alice: Desk) -> None:
    for number in range(5):
        await alice.write("x", thread=f"T-{number}")
    page = await alice.listed("?limit=2&offset=2")
    assert (page["total"], page["limit"], page["offset"], page["has_more"]) == (5, 2, 2, True)
    assert not (await alice.listed("?limit=2&offset=3"))["has_more"]


async def test_a_list_counts_a_thousand_threads_and_no_more(store: ThreadStore) -> None:
    person = Principal(PrincipalKind.USER, user_id="alice", org_id="A", org_roles={"A": "owner"})

    def fill(connection: Any, count: int) -> None:
        for _ in range(count):
            number = next(numbers)
            thread = Thread(f"T-{number}", created_at=1, updated_at=number)
            writing.insert_thread(connection, thread)
        connection.execute("UPDATE threads SET owner = 'alice', org = 'A'")

    def totals() -> tuple[int | None, bool]:
        page = store.read(lambda c: lists.page(c, person, ListQuery(limit=1)))
        return page.total, page.has_more

    numbers = itertools.count()
    await store.writer.run(lambda connection: fill(connection, COUNTED))
    assert totals() == (COUNTED, True)
    await store.writer.run(lambda connection: fill(connection, 1))
    assert totals() == (None, True)
    last = store.read(lambda c: lists.page(c, person, ListQuery(limit=9, offset=COUNTED)))
    assert ([each.id for each in last.threads], last.has_more) == (["T-0"], False)


@pytest.mark.parametrize("query", ["?limit=0", "?limit=9999", "?offset=-1", "?pinned=perhaps"])
async def test_a_query_that_is_none_is_refused(alice: Desk, query: str) -> None:
    assert (await alice.call("GET", f"/api/threads{query}", None)).status == 400


async def test_changes_come_once_in_their_order_deleted_ones_too(alice: Desk) -> None:
    etags = {n: (await alice.write("x", thread=f"T-{n}")).json()["etag"] for n in range(4)}
    seen, cursor, has_more = [], "", True
    while has_more:
        page = await alice.listed(f"?since={cursor}&limit=3")
        seen += [each["id"] for each in page["threads"]]
        cursor, has_more = page["cursor"], page["has_more"]
    assert seen == ["T-0", "T-1", "T-2", "T-3"]
    await alice.call("DELETE", "/api/threads/T-1", etags[1])
    await alice.call("PATCH", "/api/threads/T-0", etags[0], json={"title": "T"})
    page = await alice.listed(f"?since={cursor}")
    assert [(each["id"], each["is_deleted"]) for each in page["threads"]] == [
        ("T-1", True),
        ("T-0", False),
    ]
    assert (await alice.listed(f"?since={page['cursor']}"))["threads"] == []


@pytest.mark.parametrize("cursor", ["99999", "x", "-1", "1" * 40])
async def test_a_cursor_of_another_store_begins_anew(alice: Desk, cursor: str) -> None:
    await alice.write("x")
    assert [each["id"] for each in (await alice.listed(f"?since={cursor}"))["threads"]] == [THREAD]


async def test_others_changes_are_not_ones_own(alice: Desk) -> None:
    loom = alice.team
    bob = Desk(loom, await loom.sign_up("bob@example.com"))
    org = await loom.org("acme", owner=bob.person, member=alice.person)
    await Desk(loom, bob.person, {**bob.headers, "X-Loom-Org": org}).write("ours")
    assert len((await alice.listed())["threads"]) == 1
    assert (await alice.listed("?since="))["threads"] == []


async def test_search_finds_what_one_may_read_alone(alice: Desk) -> None:
    loom = alice.team
    bob = Desk(loom, await loom.sign_up("bob@example.com"))
    await loom.org("acme", owner=alice.person, member=bob.person)
    acme = Desk(loom, alice.person, {**alice.headers, "X-Loom-Org": "acme"})
    commit = "0123456789abcdef"
    await alice.write("a purple elephant", thread="T-own", title="Zoo", git_commit=commit)
    await acme.write("a purple parrot", thread="T-ours", git_branch="main")
    await acme.write("a purple secret", thread="T-hidden", visibility="private")
    for desk, query, expected in (
        (alice, "q=purple", {"T-own", "T-ours", "T-hidden"}),
        (bob, "q=purple", {"T-ours"}),
        (bob, "q=secret", set()),
        (bob, "q=zoo", set()),
        (bob, f"q={commit}", set()),
        (alice, f"q={commit[:9]}", {"T-own"}),
        (alice, "q=zoo", {"T-own"}),
        (alice, "q=purpl&branch=main", {"T-ours"}),
        (alice, "q=purple&owner=me&limit=1", {"T-hidden"}),
        (alice, "q=zo&workspace=/elsewhere", set()),
        (bob, "q=rple", {"T-ours"}),
    ):
        answer = await desk.call("GET", f"/api/threads/search?{query}", None)
        assert answer.status == 200, (query, answer.body)
        hits = answer.json()["hits"]
        assert {each["thread"]["id"] for each in hits} == expected, query
    assert (await alice.call("GET", "/api/threads/search", None)).status == 400
    assert (await alice.call("GET", "/api/threads/search?q=", None)).status == 400


PEOPLE = [
    Principal(PrincipalKind.USER, user_id="alice", org_id="A", org_roles={"A": "owner"}),
    Principal(PrincipalKind.USER, user_id="bob", org_id="A", org_roles={"A": "member"}),
    Principal(
        PrincipalKind.USER,
        user_id="carol",
        org_id="A",
        org_roles={"A": "member", "B": "admin"},
        team_roles={"A1": "member"},
    ),
    Principal(PrincipalKind.USER, user_id="dave", org_id="C", org_roles={"C": "owner"}),
    Principal(
        PrincipalKind.API_KEY,
        user_id="alice",
        org_id="A",
        org_roles={"A": "member"},
        scopes=frozenset({"threads:read"}),
    ),
]


async def test_what_is_listed_is_what_may_be_read(store: ThreadStore) -> None:
    """But for public threads of strangers, which may be read and are not listed."""
    cells = itertools.product(
        ("alice", "carol"),
        (("A", ""), ("A", "A1"), ("A", "A2"), ("B", "B1")),
        ("private", "team", "organization", "public"),
    )
    threads = [(f"T-{n}", *cell) for n, cell in enumerate(cells)]

    def fill(connection: Any) -> None:
        for name, owner, (org, team), visibility in threads:
            writing.insert_thread(connection, Thread(name, created_at=1, updated_at=1))
            connection.execute(
                "UPDATE threads SET owner = ?, org = ?, team = ?, visibility = ? WHERE id = ?",
                (owner, org, team, visibility, name),
            )

    await store.writer.run(fill)
    for person in PEOPLE:
        page = store.read(lambda c, who=person: lists.page(c, who, ListQuery(limit=1000)))  # type: ignore[misc]
        held = [store.read(lambda c, n=name: find(c, n)) for name, *_ in threads]  # type: ignore[misc]
        expected = {each.info.id for each in held if each and is_to_be_listed(person, each)}
        assert {info.id for info in page.threads} == expected, person


def is_to_be_listed(person: Principal, held: Held) -> bool:
    is_own = person.kind is PrincipalKind.USER and person.user_id == held.info.owner_id
    is_near = is_own or held.info.org_id in person.org_roles
    return is_near and authorize(person, "read", held.resource)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: f"{person.user_id}-{person.kind}")
@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (ListQuery(), "threads_by_o"),
        (ListQuery(tag="x"), "threads_by_o"),
        (ListQuery(owner="me"), "threads_by_owner"),
        (ListQuery(owner="bob"), "threads_by_owner"),
        (ListQuery(workspace="/w"), "threads_by_workspace"),
        (ListQuery(workspace="/w", owner="me"), "threads_by_owner"),
    ],
    ids=str,
)
async def test_a_list_is_read_from_indexes_in_its_order(
    store: ThreadStore, person: Principal, asked: ListQuery, index: str
) -> None:
    """Strangers' threads, and those that stand behind the page, cost nothing."""
    places = lists.places(person, asked)
    query = f"EXPLAIN QUERY PLAN {places.sql} LIMIT 50"
    plan = [row[3] for row in store.read(lambda c: c.execute(query, places.parameters).fetchall())]
    searches = [step for step in plan if "threads" in step]
    assert searches
    assert all(f"SEARCH threads USING INDEX {index}" in step for step in searches)
    assert not [step for step in plan if "TEMP B-TREE" in step]


async def test_whoever_is_in_very_many_organizations_has_a_list(store: ThreadStore) -> None:
    roles: dict[str, Any] = {f"A{number}": "member" for number in range(APART + 1)}
    person = Principal(PrincipalKind.USER, user_id="erin", org_id="A0", org_roles=roles)

    def fill(connection: Any) -> None:
        for number, org in enumerate(["A1", "A9", "B"]):
            thread = Thread(f"T-{org}", created_at=1, updated_at=number)
            writing.insert_thread(connection, thread)
            query = "UPDATE threads SET owner = 'alice', org = ? WHERE id = ?"
            connection.execute(query, (org, thread.id))

    await store.writer.run(fill)
    page = store.read(lambda c: lists.page(c, person, ListQuery()))
    assert [each.id for each in page.threads] == ["T-A9", "T-A1"]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT max(change) FROM threads WHERE change NOT NULL",
        "SELECT id FROM threads WHERE owner = 'a' AND change > 5 ORDER BY change LIMIT 5",
    ],
)
async def test_changes_are_found_by_an_index(store: ThreadStore, question: str) -> None:
    plan = store.read(lambda c: c.execute(f"EXPLAIN QUERY PLAN {question}").fetchall())
    assert "USING COVERING INDEX threads_by" in plan[0][3] or "USING INDEX threads_by" in plan[0][3]
    assert len(plan) == 1
