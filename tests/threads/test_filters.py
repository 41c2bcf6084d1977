"""Which threads a filter chooses, and which files a conversation is found by."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from loom.core.history import MessageEntry
from loom.core.messages import Message, Thread, ToolCall
from loom.threads.files import files_of
from loom.threads.filters import Filter
from loom.threads.store import MIGRATIONS, ThreadStore
from tests.threads.samples import said


def called(**arguments: object) -> MessageEntry:
    return MessageEntry(Message("assistant", (ToolCall("c", "read_file", arguments),)))


def test_files_are_what_calls_name() -> None:
    entries = [
        said("see other.py"),
        called(path="src/a.py"),
        called(file_path="/abs/b.py", pattern="c.py"),
        called(path="src/a.py"),
        called(path=5, file=["x"]),
        called(path="."),
        called(path="two\nlines"),
        called(path="x" * 2_000),
    ]
    assert files_of(entries) == ("src/a.py", "/abs/b.py")


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [
        (Filter(), True),
        (Filter(branch="main"), True),
        (Filter(branch="Main"), False),
        (Filter(repository="Acme/Loom"), True),
        (Filter(repository="acme/other"), False),
        (Filter(tag="BUG"), True),
        (Filter(tag="bu"), False),
        (Filter(file="a.py"), True),
        (Filter(file="src/a.py"), True),
        (Filter(file="rc/a.py"), False),
        (Filter(file="%.py"), False),
        (Filter(is_pinned=True), False),
        (Filter(branch="main", file="a.py", tag="bug"), True),
        (Filter(branch="main", file="b.py"), False),
    ],
)
async def test_a_filter_chooses(store: ThreadStore, wanted: Filter, is_found: bool) -> None:
    thread = Thread("T-1", git_branch="main", git_remote="git@example.com:acme/loom.git")
    await store.create(thread, [called(path="lib/src/a.py")])
    await store.update("T-1", tags=("Bug",))
    assert bool(await store.list(wanted=wanted)) == is_found


async def test_a_fork_is_found_by_its_origins_files(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [called(path="a.py")])
    fork = await store.fork("T-1")
    assert {each.id for each in await store.list(wanted=Filter(file="a.py"))} == {"T-1", fork.id}


def test_an_older_database_is_found_by_its_files_and_knows_its_lengths(path: Path) -> None:
    path.parent.mkdir()
    first = (MIGRATIONS / "001_threads.sql").read_text()
    call = (
        b'{"type":"message","message":{"role":"assistant","content":[{"type":"text","text":"x"},'
        b'{"type":"tool_use","id":"c","name":"read_file","input":{"path":"src/a.py"}}]}}'
    )
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(first)
        old.execute("PRAGMA user_version = 1")
        for key in (1, 2):
            old.execute(
                "INSERT INTO threads (key, id, created_at, updated_at, version)"
                " VALUES (?, ?, 1, 1, 1)",
                (key, f"T-{key}"),
            )
        for number, body in enumerate((call, b'{"tool_use" damaged', call)):
            row = (number + 1, number + 1, number or None, body)
            old.execute(
                "INSERT INTO entries (id, thread, seq, parent, kind, created_at, body)"
                " VALUES (?, 1, ?, ?, 'message', 1, ?)",
                row,
            )
        old.execute("UPDATE threads SET head = 3, last_seq = 3 WHERE key = 1")
        old.execute("UPDATE threads SET head = 2 WHERE key = 2")
    with closing(ThreadStore.open(path)._reader) as reader:
        files = reader.execute("SELECT thread, path, name FROM thread_files").fetchall()
        lengths = reader.execute("SELECT length FROM threads ORDER BY key").fetchall()
    assert files == [(1, "src/a.py", "a.py")]
    assert lengths == [(3,), (2,)]
