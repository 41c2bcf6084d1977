"""Nothing of a request is on disk, unless its organization says so."""

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from loom.server.keys import BOOKS
from tests.fakes.claude_wire import MESSAGE
from tests.fakes.upstream import answer
from tests.server.conftest import KEY, TeamUp, Upstream, ask
from tests.server.spending.test_budgets import MESSAGES, SONNET
from tests.server.team import Person, Team

SECRET_WORDS = "the recipe is elderflower and rye"
SAID_BACK = "an answer nobody may keep"


async def acme(team: TeamUp, upstream: Upstream, **config: Any) -> tuple[Team, Person, Person]:
    whole = {**MESSAGE, "model": SONNET, "content": [{"type": "text", "text": SAID_BACK}]}
    crew = await team((await upstream(answer(whole))).url, **config)
    carol, alice = [await crew.sign_up(f"{name}@example.com") for name in ("carol", "alice")]
    await crew.org("acme", owner=carol, member=alice)
    return crew, carol, alice


async def tell(crew: Team, alice: Person, text: str = SECRET_WORDS) -> None:
    headers = {**alice.headers, "X-Loom-Org": "acme"}
    content = [{"role": "user", "content": text}]
    body = {"model": SONNET, "max_tokens": 9, "messages": content}
    assert (await crew.call("POST", MESSAGES, headers, json=body)).status == 200
    own = ask(model=SONNET)
    own["messages"][0]["content"][0]["text"] = text
    said = await crew.call("POST", "/proxy/anthropic/complete", headers, json=own)
    assert said.status == 200


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_nothing_of_a_request_or_its_answer_is_on_disk_or_in_the_log(
    team: TeamUp, upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    crew, _, alice = await acme(team, upstream)
    await tell(crew, alice)
    await crew.app[BOOKS].log.flush()
    everything = on_disk(tmp_path)
    assert SONNET.encode() in everything
    for words in (SECRET_WORDS, SAID_BACK):
        assert words.encode() not in everything
        assert words not in caplog.text


async def set_keep(crew: Team, carol: Person, days: int) -> None:
    path, asked = "/api/orgs/acme/proxy", {"keep_days": days}
    assert (await crew.call("PUT", path, carol.headers, json=asked)).status == 200


async def kept(crew: Team, who: Person) -> list[dict[str, Any]]:
    said = await crew.call("GET", "/api/orgs/acme/requests", who.headers)
    assert said.status == 200, said.body
    found: list[dict[str, Any]] = said.json()["requests"]
    return found


async def arrived(crew: Team, carol: Person, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        while len(found := await kept(crew, carol)) < count:
            await asyncio.sleep(0.01)
    return found


async def test_an_organization_that_says_so_keeps_requests_redacted_for_its_admins(
    team: TeamUp, upstream: Upstream
) -> None:
    crew, carol, alice = await acme(team, upstream)
    await set_keep(crew, carol, 3)
    await tell(crew, alice, f"{SECRET_WORDS}, key {KEY}")
    found = await arrived(crew, carol, 2)
    assert {each["user"] for each in found} == {alice.id}
    path = f"/api/orgs/acme/requests/{found[0]['id']}"
    said = await crew.call("GET", path, carol.headers)
    assert SECRET_WORDS in said.json()["body"]
    assert KEY not in said.json()["body"]
    assert (await crew.call("GET", path, alice.headers)).status == 403
    # Carol signed up first: she is the server's admin too. Another admin is not let in.
    root = await crew.sign_up("root@example.com", is_system_admin=True)
    assert (await crew.call("GET", path, root.headers)).status == 404
    operator = {"Authorization": str(crew.loom.client.headers["Authorization"])}
    assert (await crew.call("GET", path, operator)).status == 404


async def test_what_was_kept_is_deleted_from_the_file(
    team: TeamUp, upstream: Upstream, tmp_path: Path
) -> None:
    crew, carol, alice = await acme(team, upstream)
    await set_keep(crew, carol, 3)
    await tell(crew, alice)
    await arrived(crew, carol, 2)
    assert SECRET_WORDS.encode() in on_disk(tmp_path)
    said = await crew.call("DELETE", "/api/orgs/acme/requests", carol.headers)
    assert said.json() == {"deleted": 2}
    assert await kept(crew, carol) == []
    # The write-ahead log is copied into the file when the server stops, at the latest.
    connection = sqlite3.connect(tmp_path / "server.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert SECRET_WORDS.encode() not in on_disk(tmp_path)


async def test_what_is_kept_goes_when_its_time_is_over(team: TeamUp, upstream: Upstream) -> None:
    clock = [1_790_000_000_000]
    crew, carol, alice = await acme(team, upstream, clock=lambda: clock[0])
    await set_keep(crew, carol, 1)
    await tell(crew, alice)
    await arrived(crew, carol, 2)
    clock[0] += 24 * 3600 * 1000
    assert await kept(crew, carol) == []
    await tell(crew, alice)
    await arrived(crew, carol, 2)
    rows = await crew.database.query("SELECT count(*) FROM kept_requests")
    assert rows == [(2,)]


async def test_that_requests_are_kept_and_read_is_in_the_audit_log(
    team: TeamUp, upstream: Upstream
) -> None:
    crew, carol, alice = await acme(team, upstream)
    await set_keep(crew, carol, 1)
    await tell(crew, alice)
    found = await arrived(crew, carol, 2)
    await crew.call("GET", f"/api/orgs/acme/requests/{found[0]['id']}", carol.headers)
    said = await crew.call("GET", "/api/admin/audit", carol.headers)
    types = {entry["type"] for entry in said.json()["entries"]}
    assert {"org.proxy", "request.read"} <= types
