import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import json

from loom.db import migrations_in, prepare
from loom.secrets import Secret
from loom.server.audit import store
from loom.server.audit.chain import Link, Mark, Seal
from loom.server.audit.event import AuditEvent
from loom.server.audit.verify import Report, Verifier
from loom.server.database import MIGRATIONS

KEY = Secret("a key of the test suite, kept elsewhere")


def event(number: int = 0, kind: str = "auth.login", **fields: object) -> AuditEvent:
    return AuditEvent(kind, 1_000 + number, details={"n": number}, **fields)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(prepare(tmp_path / "audit.db", migrations_in(MIGRATIONS))) as opened:
        yield opened


Chained = Callable[..., None]


@pytest.fixture
def chained(connection: sqlite3.Connection) -> Chained:
    """Adds lines with the numbers 1 to `count`, in batches as a server does."""

    def add(count: int, seal: Seal | None = None) -> None:
        seal = seal or Seal()
        for number in range(1, count + 1, 3):
            numbers = range(number, min(number + 3, count + 1))
            bodies = [json.encode(event(each)) for each in numbers]
            store.append(connection, store.end(connection, seal), bodies, seal)

    return add


def records(connection: sqlite3.Connection) -> list[Link | Mark]:
    return list(store.everything(connection))


def verified(
    connection: sqlite3.Connection, *seals: Seal, anchors: dict[int, bytes] | None = None
) -> Report:
    return Verifier(seals, anchors).report(records(connection))


def faults(report: Report) -> Sequence[tuple[int, str]]:
    return [(fault.seq, fault.what) for fault in report.faults]
