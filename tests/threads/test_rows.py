import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from loom.core.errors import CodecError, StoreError
from loom.core.history import MessageEntry, ToolResultEntry, UnknownEntry, visible
from loom.core.messages import Image, Message, Text, Thinking, Thread, ToolCall, Unknown
from loom.threads.rows import DAMAGED, INDEXED_CHARACTERS, row_of
from loom.threads.store import ThreadStore
from tests.threads.samples import PNG, answered, said, shown


def ask(path: Path, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(sql, parameters).fetchall()


async def test_image_is_stored_once_outside_the_rows(store: ThreadStore) -> None:
    entries = (shown(), answered("a", "c1", Image("image/png", PNG)), shown())
    await store.create(Thread("T-1"), entries)
    assert ask(store.path, "SELECT media_type, data FROM attachments") == [
        ("image/png", base64.b64decode(PNG))
    ]
    assert max(ask(store.path, "SELECT length(body) FROM entries")) < (300,)
    assert await store.entries("T-1") == entries


@pytest.mark.parametrize("data", ["", "not base64", "QQ", "QR==", "QQ==\n", "sha256:ü"])
async def test_image_that_would_not_come_back_exactly_stays_in_its_row(
    store: ThreadStore, data: str
) -> None:
    await store.create(Thread("T-1"), [shown(data)])
    if not data.startswith("sha256:"):
        assert await store.entries("T-1") == (shown(data),)
    assert ask(store.path, "SELECT * FROM attachments") == []


async def test_lost_image_is_said_in_its_place(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [shown()])
    ask(store.path, "DELETE FROM attachments")
    (entry,) = await store.entries("T-1")
    assert isinstance(entry, MessageEntry)
    assert "no longer in the store" in entry.message.text


async def test_entry_of_a_newer_loom_is_kept_as_it_is(store: ThreadStore) -> None:
    newer = UnknownEntry("dream", {"type": "dream", "of": ["sheep", 2**70, None]})
    await store.create(Thread("T-1"), [newer, said("hi")])
    assert await store.entries("T-1") == (newer, said("hi"))
    assert ask(store.path, "SELECT kind FROM entries WHERE seq = 1") == [("dream",)]


async def test_entry_kept_by_an_older_loom_is_opened_again(store: ThreadStore) -> None:
    kept = UnknownEntry("message", {"type": "message", "message": {"role": "user"}})
    await store.create(Thread("T-1"), [kept])
    assert await store.entries("T-1") == (MessageEntry(Message("user")),)


async def test_entry_that_misuses_a_known_kind_is_refused(store: ThreadStore) -> None:
    with pytest.raises(CodecError, match="not a message entry"):
        await store.create(Thread("T-1"), [UnknownEntry("message", {"role": 7})])
    assert await store.list() == ()


async def test_block_kept_by_an_older_loom_is_opened_again(store: ThreadStore) -> None:
    kept = Unknown("text", {"type": "text", "text": "hi"})
    await store.create(Thread("T-1"), [MessageEntry(Message("user", (kept,)))])
    assert await store.entries("T-1") == (said("hi"),)


async def test_half_characters_of_file_names_are_replaced(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [answered("caf\udce9.txt")])
    (entry,) = await store.entries("T-1")
    assert isinstance(entry, ToolResultEntry)
    assert entry.result.content == (Text("caf?.txt"),)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type":"message"}', b"\xff", b"[" * 100_000])
async def test_damaged_row_is_reported_and_hides_no_other(store: ThreadStore, body: bytes) -> None:
    await store.create(Thread("T-1"))
    _, row_id, _ = await store.append("T-1", said("one"), said("two"), said("three"))
    ask(store.path, "UPDATE entries SET body = ? WHERE id = ?", body, row_id)
    first, second, third = await store.entries("T-1")
    assert isinstance(second, UnknownEntry)
    assert (second.kind, second.raw["entry"]) == (DAMAGED, row_id)
    assert visible((first, second, third)) == visible((said("one"), said("three")))


async def test_row_of_a_wrong_type_is_reported(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said("one"), said("two")])
    ask(store.path, "UPDATE entries SET body = 7 WHERE seq = 1")
    first, second = await store.entries("T-1")
    assert isinstance(first, UnknownEntry)
    assert second == said("two")


async def test_damaged_row_is_logged(store: ThreadStore, caplog: pytest.LogCaptureFixture) -> None:
    await store.create(Thread("T-1"), [said("one")])
    ask(store.path, "UPDATE entries SET body = 'x'")
    await store.entries("T-1")
    assert "is damaged" in caplog.text


async def test_broken_chain_raises_and_is_never_an_empty_thread(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [said("one"), said("two")])
    ask(store.path, "PRAGMA foreign_keys = OFF")
    ask(store.path, "DELETE FROM entries WHERE seq = 1")
    with pytest.raises(StoreError, match="is missing"):
        await store.entries("T-1")


async def test_broken_file_raises_and_is_never_an_empty_list(path: Path) -> None:
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-1"), [said("x" * 10_000) for _ in range(50)])
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\x55" * (len(data) - 4096))
    with pytest.raises(StoreError, match="damaged"):
        async with ThreadStore.open(path) as store:
            await store.list()


def test_search_reads_what_was_said_and_never_json_or_images() -> None:
    call = ToolCall("c1", "bash", {"command": "make test"})
    row = row_of(MessageEntry(Message("assistant", (Thinking("hm"), Text("ok"), call))))
    assert "make test" in row.text
    assert "tool_use" not in row.text
    assert row_of(shown()).text == "look"


def test_long_output_is_indexed_by_its_beginning() -> None:
    row = row_of(answered("x" * 1_000_000))
    assert len(row.text) == INDEXED_CHARACTERS
    assert len(row.body) > 1_000_000
