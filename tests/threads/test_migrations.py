"""Stores that earlier versions of Loom wrote, opened by this one."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from loom.core.history import Entry
from loom.db import migrations_in, prepare
from loom.threads.age import is_older
from loom.threads.rows import row_of
from loom.threads.store import MIGRATIONS, ThreadStore
from tests.threads.samples import answered, said, shown

CONVERSATION = (said("Repair the login"), answered("in auth/login.py"), shown(), said("thanks"))
LATEST = len(migrations_in(MIGRATIONS))
SOUND = "INSERT INTO {0} ({0}, rank) VALUES ('integrity-check', 1)"


def write_version_1(path: Path, name: str, entries: tuple[Entry, ...]) -> None:
    """A thread as the first schema holds it: bodies plain, every row in one chain."""
    with closing(prepare(path, migrations_in(MIGRATIONS)[:1])) as connection:
        key = connection.execute(
            "INSERT INTO threads (id, title, workspace, created_at, updated_at, version, head,"
            " last_seq, message_count, git_branch) VALUES (?, ?, '/w', 1, 2, 3, NULL, ?, 3, 'fix')",
            (name, "Repair the login", len(entries)),
        ).lastrowid
        head = None
        for seq, row in enumerate(map(row_of, entries), 1):
            connection.executemany("INSERT INTO attachments VALUES (?, ?, ?)", row.attachments)
            values = (key, seq, head, row.kind, row.text, row.body)
            (head,) = connection.execute(
                "INSERT INTO entries (thread, seq, parent, kind, created_at, text, body)"
                " VALUES (?, ?, ?, ?, 1, ?, ?) RETURNING id",
                values,
            ).fetchone()
        connection.execute("UPDATE threads SET head = ?", (head,))


async def test_store_of_the_first_version_keeps_every_thread_and_entry(path: Path) -> None:
    write_version_1(path, "T-old", CONVERSATION)
    async with ThreadStore.open(path) as store:
        thread = await store.find("T-old")
        assert (thread.title, thread.version, thread.message_count) == ("Repair the login", 3, 3)
        assert await store.entries("T-old") == CONVERSATION
        await store.append("T-old", said("and on"))
        assert await store.entries("T-old") == (*CONVERSATION, said("and on"))


async def test_store_of_the_first_version_is_searched_in_text_and_head_line(path: Path) -> None:
    write_version_1(path, "T-old", CONVERSATION)
    async with ThreadStore.open(path) as store:
        for query in ("auth/login.py", "thanks", "tha", "fix", "pair the log"):
            assert [hit.thread.id for hit in await store.search(query)] == ["T-old"], query


async def test_indexes_of_a_migrated_store_are_sound_as_it_is_written(path: Path) -> None:
    write_version_1(path, "T-old", CONVERSATION)
    async with ThreadStore.open(path) as store:
        await store.append("T-old", said("more"))
        await store.update("T-old", title="Another title")
        await store.delete("T-old")
    with closing(sqlite3.connect(path)) as connection:
        for table in ("entries_text", "threads_text", "threads_words"):
            connection.execute(SOUND.format(table))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


MIGRATE = """
import sys
from pathlib import Path
from loom.threads.store import ThreadStore

def tell(stage):
    print(stage.what, stage.done, flush=True)
    sys.stdin.readline()

ThreadStore.open(Path(sys.argv[1]), told=tell)
"""


@pytest.mark.parametrize("last", ["copied", *(f"changed {number}" for number in range(LATEST - 1))])
async def test_migration_that_is_killed_anywhere_loses_nothing(path: Path, last: str) -> None:
    write_version_1(path, "T-old", CONVERSATION)
    with subprocess.Popen(
        [sys.executable, "-c", MIGRATE, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        for line in process.stdout:
            if line.startswith(last):
                break
            process.stdin.write("\n")
            process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        process.wait()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    async with ThreadStore.open(path) as store:
        assert await store.entries("T-old") == CONVERSATION
        assert [hit.thread.id for hit in await store.search("thanks")] == ["T-old"]


def test_older_store_is_known_by_its_first_bytes(path: Path) -> None:
    assert not is_older(path)
    write_version_1(path, "T-old", CONVERSATION)
    assert is_older(path)
    prepare(path, migrations_in(MIGRATIONS)).close()
    assert not is_older(path)
    path.write_bytes(b"Dear diary, " * 100)
    assert not is_older(path)


async def test_older_loom_finds_its_store_beside_the_migrated_one(path: Path) -> None:
    write_version_1(path, "T-old", CONVERSATION)
    async with ThreadStore.open(path):
        pass
    with closing(sqlite3.connect(f"{path}.v1.backup")) as copy:
        assert copy.execute("SELECT count(*) FROM entries").fetchone() == (len(CONVERSATION),)


async def test_what_an_older_server_holds_is_counted_for_its_owners(path: Path) -> None:
    with closing(prepare(path, migrations_in(MIGRATIONS)[:7])) as connection:
        rows = (("T-1", "é", "alice", "1234"), ("T-2", "", "alice", "56"), ("T-3", "here", "", "x"))
        for key, (name, title, owner, text) in enumerate(rows, 1):
            connection.execute(
                "INSERT INTO threads (key, id, title, owner, created_at, updated_at, version)"
                " VALUES (?, ?, ?, ?, 1, 1, 1)",
                (key, name, title, owner),
            )
            connection.execute(
                "INSERT INTO entries (thread, seq, kind, created_at, text, body)"
                " VALUES (?, 1, 'message', 1, ?, ?)",
                (key, text, b"{}"),
            )
        connection.execute("INSERT INTO attachments VALUES ('h', 'image/png', zeroblob(100))")
        connection.execute("INSERT INTO thread_images (hash, thread) VALUES ('h', 2)")
    async with ThreadStore.open(path) as store:
        found = store.read(lambda c: c.execute("SELECT * FROM stored").fetchall())
    # Each has 512 bytes and `[]` for its tags.
    assert found == [("alice", 2 * 514 + 2 + (4 + 2) + (2 + 2) + 100)]
