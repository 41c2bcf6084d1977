import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec import json

from loom.redact import Redactor
from loom.secrets import Secret
from loom.server.audit import store
from loom.server.audit.chain import Link, Seal
from loom.server.audit.event import AuditEvent
from loom.server.audit.line import bodies_of
from loom.server.audit.log import AuditLog
from loom.server.audit.queue import Queue
from loom.server.audit.repeats import IN_FULL, MAX_CALLERS, WINDOW_MS, Repeats
from loom.server.audit.severity import weighed
from loom.server.audit.verify import Verifier
from loom.server.database import Database, opened
from tests.failures.disk import small_disk
from tests.server.audit.conftest import event
from tests.server.conftest import within


def written(database: Database) -> list[AuditEvent]:
    links = database.read(lambda c: store.links(c, 0, 100_000))
    return [json.decode(link.body, type=AuditEvent) for link in links]


def is_sound(database: Database) -> bool:
    return database.read(lambda c: Verifier([Seal()]).report(list(store.everything(c)))).is_sound


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "audit.db") as database:
        yield database


def made() -> AuditLog:
    return AuditLog(lambda: 1_000, is_kept=True)


async def test_lines_are_written_soon_and_many_at_a_time(database: Database) -> None:
    log = made()
    async with log.writing(database):
        for number in range(2_500):
            log.add(event(number))
        await within(10, lambda: log.state.waiting == 0)
        await within(10, lambda: len(written(database)) == 2_501)
    assert [each.type for each in written(database)[:2]] == ["audit.begun", "auth.login"]
    assert is_sound(database)


async def test_what_waits_is_written_when_the_server_stops(database: Database) -> None:
    log = made()
    async with log.writing(database):
        log.add(event())
    assert [each.type for each in written(database)] == ["audit.begun", "auth.login"]


async def test_the_next_run_goes_on_with_the_chain(database: Database) -> None:
    for _ in range(2):
        log = made()
        async with log.writing(database):
            log.add(event())
    assert [each.type for each in written(database)] == ["audit.begun", *["auth.login"] * 2]
    assert is_sound(database)


async def test_several_processes_lines_are_one_chain(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        databases = [
            await stack.enter_async_context(opened(tmp_path / "audit.db")) for _ in range(3)
        ]
        logs = [made() for _ in databases]
        async with AsyncExitStack() as writing:
            for log, database in zip(logs, databases, strict=True):
                await writing.enter_async_context(log.writing(database))
            for number in range(60):
                logs[number % 3].add(event(number))
                await asyncio.sleep(0.005)
        assert len(written(databases[0])) == 61
        assert is_sound(databases[0])


async def test_a_server_for_one_person_keeps_no_log(database: Database) -> None:
    log = AuditLog(lambda: 1_000)
    async with log.writing(database):
        log.add(event())
    assert written(database) == []


async def test_an_end_that_was_tampered_with_is_said_and_noted(database: Database) -> None:
    async with made().writing(database) as _:
        pass
    log = made()
    async with log.writing(database):
        log.add(event())
        await log.flush(database)
        await database.write(lambda c: c.execute("DELETE FROM audit WHERE seq = 2"))
        log.add(event())
        await log.flush(database)
        assert "loom audit verify" in log.state.error
    broken = written(database)[-2]
    assert (broken.type, broken.outcome, broken.severity) == ("audit.broken", "failed", 2)
    assert not is_sound(database)


async def test_a_full_disk_keeps_lines_waiting_and_they_are_written_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        async with opened(disk.path / "audit.db") as database:
            log = made()
            async with log.writing(database):
                log.add(event(1))
                await log.flush(database)
                room = SimpleNamespace(writer=SimpleNamespace(run=database.write))
                await disk.fill(room)
                log.add(event(2))
                assert not await log.flush(database)
                assert (log.state.error, log.state.waiting) == ("no room left to write", 1)
                await disk.free(room)
                assert await log.flush(database)
                assert log.state == ("", 0, 0)
            assert len(written(database)) == 3
            assert is_sound(database)


async def test_what_found_no_room_in_the_queue_is_told(database: Database) -> None:
    log = made()
    for number in range(10_005):
        log.add(event(number, "llm.request"))
    async with log.writing(database):
        pass
    (said,) = (each for each in written(database) if each.type == "audit.dropped")
    assert (said.details["routine"], said.details["important"]) == (5, 0)
    assert log.state.dropped == 5


def test_routine_lines_give_way_before_all_others() -> None:
    queue = Queue(3)
    for number, kind in enumerate(["llm.request", "auth.login", "llm.request", "auth.logout"]):
        queue.put(event(number, kind))
    queue.put(event(5, "llm.request"))
    queue.put(event(6, "thread.share"))
    queue.put(event(7, "thread.share"))
    assert [each.type for each in queue.take(9)] == ["auth.login", "auth.logout", "thread.share"]
    assert queue.dropped == [3, 1]


def test_what_could_not_be_written_comes_first_again() -> None:
    queue = Queue()
    for number in range(4):
        queue.put(event(number, "llm.request" if number % 2 else "auth.login"))
    taken = queue.take(3)
    queue.put_back(taken)
    assert [each.details["n"] for each in queue.take(9)] == [0, 1, 2, 3]


def denied(at: int, ip: str, user: str = "") -> AuditEvent:
    return AuditEvent("access.denied", at, "denied", user_id=user, ip=ip)


def test_a_flood_of_refusals_is_summed_up() -> None:
    repeats = Repeats()
    full = [number for number in range(1_000) if not repeats.is_repeat(denied(number, "10.0.0.1"))]
    assert full == list(range(IN_FULL))
    assert not repeats.ended(WINDOW_MS - 1)
    (line,) = repeats.ended(WINDOW_MS)
    assert (line.ip, line.details) == ("10.0.0.1", {"repeated": 1_000 - IN_FULL, "since": 0})
    assert not repeats.is_repeat(denied(WINDOW_MS, "10.0.0.1"))


def test_a_flood_from_one_ipv6_network_is_one_flood() -> None:
    repeats = Repeats()
    full = [n for n in range(500) if not repeats.is_repeat(denied(n, f"2001:db8::{n:x}"))]
    assert len(full) == IN_FULL


def test_a_flood_from_everywhere_does_not_fill_the_memory_or_the_log() -> None:
    repeats = Repeats()
    addresses = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(MAX_CALLERS * 5)]
    full = [ip for ip in addresses if not repeats.is_repeat(denied(1, ip))]
    assert len(full) == MAX_CALLERS + IN_FULL
    (line,) = repeats.ended()
    assert (line.ip, line.details["repeated"]) == ("", MAX_CALLERS * 4 - IN_FULL)


def test_one_callers_flood_hides_no_other_caller() -> None:
    repeats = Repeats()
    for number in range(100):
        repeats.is_repeat(denied(number, "10.0.0.1", "mallory"))
    assert not repeats.is_repeat(denied(100, "10.0.0.1", "alice"))
    assert not repeats.is_repeat(denied(100, "10.0.0.2", "mallory"))


@pytest.mark.parametrize(
    ("kind", "outcome", "severity"),
    [
        ("auth.login", "ok", 6),
        ("auth.login", "failed", 4),
        ("access.denied", "denied", 4),
        ("llm.request", "failed", 3),
        ("org.delete", "ok", 5),
        ("key.revoke", "ok", 5),
        ("weaver.escape", "ok", 2),
    ],
)
def test_severity_follows_from_what_happened(kind: str, outcome: str, severity: int) -> None:
    assert weighed(AuditEvent(kind, 1, outcome)).severity == severity  # type: ignore[arg-type]


HOSTILE = [
    "Mozilla \udcff\udce9",
    "Bearer lt_" + "a" * 64,
    '"}, {"type": "forged", "at": 1',
    "line\nbreak\x00\x1b[31m",
    'authorization: "\\',
    "\U0001f600 \\ud800",
]


@pytest.mark.parametrize("words", HOSTILE)
async def test_whatever_a_client_sends_is_one_line_without_credentials(
    database: Database, words: str
) -> None:
    log = made()
    async with log.writing(database):
        log.add(AuditEvent("auth.login", 1_000, user_agent=words, details={"path": words}))
    assert [each.type for each in written(database)] == ["audit.begun", "auth.login"]
    assert is_sound(database)
    (body,) = bodies_of([event(user_agent=words)], Redactor())
    assert b"a" * 64 not in body
    assert b"\n" not in body


def test_a_credential_in_one_line_is_taken_out_of_that_line_alone() -> None:
    words = ["curl/8", "lk_" + "a" * 40, "ключ"]
    bodies = bodies_of([event(user_agent=each) for each in words], Redactor())
    agents = [json.decode(body, type=AuditEvent).user_agent for body in bodies]
    assert agents == ["curl/8", "[REDACTED:loom-token]", "ключ"]


def test_a_redaction_that_breaks_a_line_leaves_what_happened() -> None:
    (body,) = bodies_of([event(user_agent="x")], Redactor([Secret('"at":1000')]))
    assert json.decode(body, type=AuditEvent).type == "auth.login"
    assert isinstance(Link(1, b"", "", body), Link)


def test_a_database_of_lines_that_are_no_json_cannot_be_made(
    connection: sqlite3.Connection,
) -> None:
    with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
        connection.execute("INSERT INTO audit (seq, hash, body) VALUES (1, x'00', 'no json')")


async def test_who_waits_sees_what_was_added_and_who_goes_away_loses_nothing(
    database: Database,
) -> None:
    log = made()
    async with log.writing(database):
        for number in range(1, 20):
            log.add(event(number))
            gone = asyncio.create_task(log.settled())
            await asyncio.sleep(0)
            gone.cancel()
            log.add(event(number))
            await log.settled()
            lines = [line for line in written(database) if line.type == event().type]
            assert len(lines) == 2 * number
