"""An older Loom's store: whoever starts a program on it is told before anything else is shown."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from loom.db import connect, migrations_in, prepare
from loom.threads.store import MIGRATIONS
from tests.e2e.conftest import Home

WAITS = "Another Loom is bringing the store up to date"


def older(path: Path) -> None:
    prepare(path, migrations_in(MIGRATIONS)[:1]).close()


def version_of(path: Path) -> int:
    with closing(connect(path, is_read_only=True)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def migrated_by_another(path: Path) -> Iterator[None]:
    descriptor = os.open(f"{path}-lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "words",
    [
        ("--provider", "demo"),
        ("--plain", "--provider", "demo"),
        ("-p", "hello", "--provider", "demo"),
        ("resume", "--provider", "demo"),
        ("list",),
        ("daemon", "run"),
        ("web", "--port", "0"),
    ],
    ids=" ".join,
)
async def test_whoever_starts_loom_is_told_before_a_screen_opens(loom, home: Home, words) -> None:
    older(home.database)
    with migrated_by_another(home.database):
        screen = await loom(*words)
        await screen.until(WAITS)
        assert b"\x1b[?1049h" not in screen.output
        assert version_of(home.database) == 1
    await screen.when(lambda: b"The store is up to date." in screen.output)
    assert version_of(home.database) == len(migrations_in(MIGRATIONS))


@pytest.mark.parametrize("words", [(), ("-p", "hello"), ("list",), ("attach",)], ids=" ".join)
async def test_ctrl_c_meanwhile_ends_it_and_changes_nothing(loom, home: Home, words) -> None:
    older(home.database)
    with migrated_by_another(home.database):
        screen = await loom(*words)
        await screen.until(WAITS)
        screen.key("ctrl+c")
        assert await screen.exit() == 130
    assert screen.shows("Stopped; nothing was changed."), screen.picture
    assert version_of(home.database) == 1
