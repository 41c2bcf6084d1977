"""`loom search --all`: words here and on the team's server."""

import asyncio
from collections.abc import Callable

from msgspec import json

from loom.core.messages import Thread
from tests.cli.office import Office
from tests.cli.test_share import fetched, keep

COMMIT = "3f2a91c0ffee"


def put(people: Office, who: str, thread: str, words: str, **fields: object) -> None:
    """A thread on the server that says so."""
    top = {"visibility": fields.pop("visibility", "organization")}
    message = {"role": "user", "content": [{"type": "text", "text": words}]}
    body = {"thread": fields, "entries": [{"type": "message", "message": message}], **top}
    url = f"{people.url}/api/threads/{thread}"
    assert fetched(url, "PUT", body, people.tokens[who])[0] == 201


def found(people: Office, who: str, *words: str) -> list[tuple[str, str]]:
    hits = json.decode(people.did(who, "search", *words, "--json"))
    return sorted((hit["thread"]["id"], hit["place"]) for hit in hits)


def test_words_are_found_here_and_on_the_server_and_what_is_others_stays_theirs(
    office: Callable[..., Office], clean_environment: dict[str, str]
) -> None:
    people = office("alice", "bob")
    asyncio.run(keep(clean_environment, Thread("T-here", title="Parrots"), "purple parrots"))
    put(people, "alice", "T-there", "a purple elephant", git_commit=COMMIT, git_branch="zoo")
    put(people, "bob", "T-hidden", "a purple secret", visibility="private", git_commit=COMMIT)
    assert found(people, "alice", "purple") == [("T-here", "here")]
    both = [("T-here", "here"), ("T-there", "server")]
    assert found(people, "alice", "--all", "purple") == both
    assert found(people, "alice", "--all", "--branch", "zoo", "purple") == both[1:]
    assert found(people, "alice", "--all", COMMIT[:8]) == both[1:]
    assert found(people, "alice", "--server", "purple", "-l", "1") == both[1:]
    assert found(people, "alice", "--all", "secret") == []
    assert "on the server" in people.did("alice", "search", "--all", "elephant")


def test_a_server_that_does_not_answer_keeps_nothing_back(
    office: Callable[..., Office], clean_environment: dict[str, str]
) -> None:
    people = office()
    asyncio.run(keep(clean_environment, Thread("T-here", title="Parrots"), "purple parrots"))
    people.url = "http://127.0.0.1:9"
    done = people.run("root", "search", "--all", "purple")
    assert (done.returncode, "Parrots" in done.stdout) == (0, True)
    assert "only this machine" in done.stderr
