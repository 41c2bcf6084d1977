import asyncio
import fcntl
import logging
import os
import sqlite3
import stat
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from loom.core.errors import NewerStore, StoreError
from loom.db import Migration, Stage, migrations_in, prepare

FIRST = Migration(1, "001_first", "-- Why: a test.\nCREATE TABLE a (x INTEGER);")
SECOND = Migration(
    2,
    "002_second",
    "-- Why: a test.\nCREATE TABLE b (x);\n"
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n INSERT INTO b VALUES (new.x);\nEND;",
)
LONG = Migration(
    2,
    "002_long",
    "CREATE TABLE b AS WITH RECURSIVE n (x) AS ("
    " SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT x FROM n;",
)
BROKEN = Migration(2, "002_broken", "CREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);")


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_new_file_and_its_folder_are_private_to_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "db"
    prepare(path, [FIRST]).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_write_ahead_log_is_private_to_its_owner(tmp_path: Path) -> None:
    with closing(prepare(tmp_path / "db", [FIRST])) as connection:
        connection.execute("INSERT INTO a VALUES (1)")
        assert stat.S_IMODE((tmp_path / "db-wal").stat().st_mode) == 0o600


def test_every_commit_reaches_the_disk_before_it_counts(tmp_path: Path) -> None:
    with closing(prepare(tmp_path / "db", [FIRST])) as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert values == ["wal", 2, 1, 5000]


def test_older_file_is_migrated_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with closing(prepare(path, [FIRST])) as connection:
        connection.execute("INSERT INTO a VALUES (7)")
    with closing(prepare(path, [FIRST, SECOND])) as connection:
        connection.execute("INSERT INTO a VALUES (8)")
        rows = connection.execute("SELECT x FROM a UNION ALL SELECT x FROM b").fetchall()
    assert rows == [(7,), (8,), (8,)]


def test_older_file_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with closing(prepare(path, [FIRST])) as connection:
        connection.execute("INSERT INTO a VALUES (7)")
        prepare(path, [FIRST, SECOND]).close()
    backup = tmp_path / "db.v1.backup"
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT x FROM a").fetchall() == [(7,)]
    assert tables(backup) == {"a"}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_whoever_waits_hears_of_the_copy_and_of_each_migration(tmp_path: Path) -> None:
    path = tmp_path / "db"
    told: list[Stage] = []
    prepare(path, [FIRST], told.append).close()
    assert told == []
    prepare(path, [FIRST, LONG, Migration(3, "003_third", "CREATE TABLE c (x);")], told.append)
    copied = [stage for stage in told if stage.what == "copied"]
    changed = told[len(copied) :]
    assert copied and copied[-1].done == copied[-1].of
    assert changed.count(Stage("changed", 0, 2)) > 10
    assert changed[-1] == Stage("changed", 1, 2)


def test_whoever_opens_a_database_that_another_migrates_hears_that_it_waits(
    tmp_path: Path,
) -> None:
    path, heard = tmp_path / "db", threading.Event()
    prepare(path, [FIRST]).close()
    told: list[Stage] = []

    def tell(stage: Stage) -> None:
        told.append(stage)
        heard.set()

    with closing(os.fdopen(os.open(f"{path}-lock", os.O_RDWR), "w")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiter = threading.Thread(target=lambda: prepare(path, [FIRST, SECOND], tell).close())
        waiter.start()
        assert heard.wait(20)
        assert tables(path) == {"a"}
    waiter.join()
    assert told[0] == Stage("waiting")
    assert tables(path) == {"a", "b", "t"}


def test_person_who_stops_a_migration_has_the_old_version(tmp_path: Path) -> None:
    path = tmp_path / "db"
    prepare(path, [FIRST]).close()
    seen: list[Stage] = []

    def stop_in_the_middle(stage: Stage) -> None:
        seen.append(stage)
        if seen.count(Stage("changed", 0, 1)) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(path, [FIRST, LONG], stop_in_the_middle)
    assert tables(path) == {"a"}
    prepare(path, [FIRST, LONG]).close()
    assert tables(path) == {"a", "b"}


def test_log_has_the_beginning_and_the_end_of_a_migration(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "db"
    with caplog.at_level(logging.INFO, "loom.db"):
        prepare(path, [FIRST]).close()
        assert caplog.messages == []
        prepare(path, [FIRST, SECOND]).close()
    first, last = caplog.messages
    assert first == f"bringing {path} up to date, from schema 1 to 2"
    assert last.startswith(f"{path} is up to date after ")


def test_failed_migration_leaves_the_old_version(tmp_path: Path) -> None:
    path = tmp_path / "db"
    prepare(path, [FIRST]).close()
    with pytest.raises(StoreError, match="nowhere"):
        prepare(path, [FIRST, BROKEN])
    assert tables(path) == {"a"}
    prepare(path, [FIRST, SECOND]).close()


def test_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "db"
    prepare(path, [FIRST, SECOND]).close()
    before = path.read_bytes()
    with pytest.raises(NewerStore, match="newer Loom") as refused:
        prepare(path, [FIRST])
    assert "Update" in refused.value.hint
    assert path.read_bytes() == before


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="another program"):
        prepare(path, [FIRST])
    assert tables(path) == {"theirs"}


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(StoreError, match="damaged or is not a Loom database"):
        prepare(tmp_path / "db", [FIRST])


def test_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot create"):
        prepare(tmp_path / "file" / "db", [FIRST])


@pytest.mark.parametrize(
    "names", [["002_b.sql"], ["001_a.sql", "001_b.sql"], ["001_a.sql", "003_c.sql"]]
)
def test_gap_in_the_numbers_is_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(StoreError, match="without gaps"):
        migrations_in(tmp_path)


OPENER = """
import sys
from pathlib import Path
from loom.threads.store import ThreadStore
sys.stdin.readline()
ThreadStore.open(Path(sys.argv[1]))
"""


async def test_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    path = tmp_path / "db"
    openers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPENER, path, stdin=-1, stderr=-1
        )
        for _ in range(6)
    ]
    ends = await asyncio.gather(*(opener.communicate(b"go\n") for opener in openers))
    assert [error for _, error in ends] == [b""] * 6
    assert "entries_text" in tables(path)
