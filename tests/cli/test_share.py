"""`loom share`, as people type it, at a server of their own."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import json

from loom.cli.share import lasting
from loom.core.history import MessageEntry
from loom.core.messages import Message, Text, Thread
from loom.threads.location import database
from loom.threads.store import ThreadStore
from tests.cli.office import Office

THREAD = "T-01900000-0000-7000-8000-000000000001"


def fetched(url: str, method: str = "GET", body: Any = None, token: str = "") -> tuple[int, bytes]:
    """What a client that is not ours is answered."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.encode(body)
    headers |= {"If-None-Match": "*", "Content-Type": "application/json"} if data else {}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def put(people: Office, who: str) -> None:
    """The thread is on the server, and theirs."""
    message = {"role": "user", "content": [{"type": "text", "text": "Hello"}]}
    entry = {"type": "message", "message": message}
    body = {"thread": {"title": "Greetings"}, "entries": [entry], "visibility": "private"}
    url = f"{people.url}/api/threads/{THREAD}"
    assert fetched(url, "PUT", body, people.tokens[who])[0] == 201


def shown_to(people: Office, who: str) -> str:
    _, body = fetched(f"{people.url}/api/threads/{THREAD}", token=people.tokens[who])
    return str(json.decode(body)["thread"]["visibility"])


def test_an_address_is_made_opened_listed_and_revoked(office: Callable[..., Office]) -> None:
    people = office("alice")
    put(people, "alice")
    done = people.run("alice", "share", THREAD, "--public", "--expires", "7d")
    assert "until" in done.stderr and "UTC" not in done.stderr
    soon = people.run("alice", "share", THREAD, "--public", "--expires", "30m")
    assert "UTC" in soon.stderr
    done = people.run("alice", "share", THREAD, "--public", "--expires", "7d")
    address = done.stdout.strip()
    assert address.startswith(f"{people.url}/shared/{THREAD}/")
    api = address.replace("/shared/", "/api/threads/").replace(f"{THREAD}/", f"{THREAD}/share/")
    status, body = fetched(api)
    assert (status, json.decode(body)["title"]) == (200, "Greetings")
    assert "Greetings" in people.did("alice", "share", "--list")
    assert people.told("alice", "share", "--list")["shares"][0]["thread"]["id"] == THREAD
    assert "nothing any more" in people.did("alice", "share", THREAD, "--public", "--revoke")
    assert fetched(api)[0] == 404
    assert people.told("alice", "share", "--list")["shares"] == []


def test_a_team_the_support_and_nobody(office: Callable[..., Office]) -> None:
    people = office("alice")
    people.did("alice", "org", "create", "Acme")
    put(people, "alice")
    shared = people.told("alice", "share", THREAD)
    assert shared["thread"]["visibility"] == "organization"
    people.did("alice", "team", "create", "Weavers")
    assert "Weavers of Acme reads it" in people.did("alice", "share", THREAD, "--team", "weavers")
    unknown = people.run("alice", "share", THREAD, "--team", "nobody")
    assert (unknown.returncode, "weavers" in unknown.stderr) == (1, True)
    assert people.told("alice", "share", THREAD, "--support")["support"]["expires_at"]
    gone = people.told("alice", "share", THREAD, "--revoke")
    assert (gone["thread"]["visibility"], gone["support"]) == ("private", None)


def test_a_thread_from_before_is_shown_in_the_organization_that_one_is_in_now(
    office: Callable[..., Office],
) -> None:
    people = office("alice", "bob")
    put(people, "alice")
    alone = people.run("alice", "share", THREAD)
    assert (alone.returncode, "loom org create" in alone.stderr) == (1, True)
    people.did("alice", "org", "create", "Acme")
    token = people.did("alice", "org", "invite", "bob@example.com").split()[-1]
    people.did("bob", "org", "accept", token)
    assert fetched(f"{people.url}/api/threads/{THREAD}", token=people.tokens["bob"])[0] == 404
    assert "Everybody in Acme reads it" in people.did("alice", "share", THREAD)
    assert fetched(f"{people.url}/api/threads/{THREAD}", token=people.tokens["bob"])[0] == 200
    assert "Greetings (a colleague's)" in people.did("bob", "list", "--org", "acme")
    only_there = people.run("bob", "log", THREAD)
    assert (only_there.returncode, "loom resume fetches" in only_there.stderr) == (1, True)
    assert "Greetings (shared)" in people.did("alice", "list", "--server")
    elsewhere = people.run("alice", "share", THREAD, "--org", "nowhere")
    assert (elsewhere.returncode, "Yours: acme" in elsewhere.stderr) == (1, True)


def test_what_is_made_in_an_organization_is_its_makers_alone_until_it_is_shared(
    office: Callable[..., Office], clean_environment: dict[str, str]
) -> None:
    people = office("alice")
    people.did("alice", "org", "create", "Acme")
    asyncio.run(keep(clean_environment, Thread(THREAD, title="Only here"), "Hello"))
    people.did("alice", "sync")
    assert shown_to(people, "alice") == "private"
    people.did("alice", "share", THREAD)
    assert shown_to(people, "alice") == "organization"


def test_the_support_asks_and_its_owner_sees_it(office: Callable[..., Office]) -> None:
    people = office("alice", "sue")
    put(people, "alice")
    people.did("root", "admin", "role", "sue@example.com", "support")
    people.did("sue", "share", THREAD, "--request", "ticket 7")
    part = people.run("sue", "share", THREAD[:12], "--request", "ticket 7")
    assert (part.returncode, "no whole ID" in part.stderr) == (1, True)
    other = people.run("alice", "share", THREAD, "--request", "ticket 7")
    assert (other.returncode, "role that you do not have" in other.stderr) == (1, True)
    assert "ticket 7" in people.did("alice", "share", "--list")


def test_a_private_thread_is_not_shared(
    office: Callable[..., Office], clean_environment: dict[str, str]
) -> None:
    people = office("alice")
    asyncio.run(keep(clean_environment, Thread(THREAD, is_private=True), "mine"))
    for how in ((), ("--public",), ("--support",)):
        done = people.run("alice", "share", THREAD[:12], *how)
        assert (done.returncode, "never leaves" in done.stderr) == (1, True)
        assert "/private" in done.stderr


def test_what_is_not_there_or_not_clear_is_told_with_what_to_do(
    office: Callable[..., Office],
) -> None:
    people = office("alice")
    for words, told in (
        ((THREAD,), "on the server first"),
        (("T-0199",), "loom list"),
        ((), "Say its ID"),
        ((THREAD, "--expires", "7d"), "--public"),
    ):
        done = people.run("alice", "share", *words)
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    ("text", "seconds"), [("30m", 1800), ("12h", 43200), ("7d", 604800), ("2w", 1209600)]
)
def test_a_time_is_written_with_its_unit(text: str, seconds: int) -> None:
    assert lasting(text) == seconds


def test_what_is_only_here_is_sent_first(
    office: Callable[..., Office], clean_environment: dict[str, str]
) -> None:
    people = office("alice")
    asyncio.run(keep(clean_environment, Thread(THREAD, title="Only here"), "Hello"))
    done = people.run("alice", "share", THREAD[:12], "--public")
    page = fetched(done.stdout.strip())[1].decode()
    assert "Only here" in page
    assert "Hello" in page


async def keep(environment: dict[str, str], thread: Thread, words: str) -> None:
    path = database(environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    async with ThreadStore.open(path) as store:
        await store.create(thread, (MessageEntry(Message("user", (Text(words),))),))


def test_a_thread_that_is_shared_goes_on_here_and_there_as_one(
    office: Callable[..., Office], clean_environment: dict[str, str]
) -> None:
    people = office("alice")
    people.did("alice", "org", "create", "Acme")
    asyncio.run(keep(clean_environment, Thread(THREAD, title="Only here"), "Hello"))
    people.did("alice", "share", THREAD)
    people.did("alice", "share", THREAD, "--revoke")
    page = people.run("alice", "share", THREAD, "--public").stdout.strip()
    asyncio.run(go_on(clean_environment, "And more"))
    people.did("alice", "sync")
    assert "And more" in fetched(page)[1].decode()
    listed = json.decode(people.run("alice", "list", "--all", "--json").stdout)
    assert [each["id"] for each in listed] == [THREAD]


async def go_on(environment: dict[str, str], words: str) -> None:
    async with ThreadStore.open(database(environment)) as store:
        await store.append(THREAD, MessageEntry(Message("user", (Text(words),))))
