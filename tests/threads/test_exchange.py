import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from loom.core.errors import CodecError, LoomError
from loom.core.history import (
    CheckpointEntry,
    CompactionEntry,
    CompactionUndoneEntry,
    Entry,
    MessageEntry,
    ToolResultEntry,
    ToolStartEntry,
    UnknownEntry,
)
from loom.core.messages import (
    Display,
    Image,
    Message,
    Opaque,
    Text,
    Thinking,
    Thread,
    ToolCall,
    ToolResult,
    Unknown,
    Usage,
)
from loom.threads.exchange import export_json, import_json, parse
from loom.threads.store import ThreadStore
from tests.threads.samples import PNG, said, shown

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text("abcdefg", min_size=1, max_size=8).map(lambda name: f"x_{name}")
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, trees, max_size=3)
counts = st.integers(0, 2**40)
images = st.builds(Image, st.just("image/png"), st.sampled_from([PNG, "AAAA", "", "not base64"]))
results = st.builds(
    ToolResult,
    texts,
    st.lists(st.builds(Text, texts) | images, max_size=2).map(tuple),
    st.booleans(),
    st.none() | st.builds(Display, st.sampled_from(["diff", "command"]), texts, texts),
    counts,
)
blocks = st.one_of(
    st.builds(Text, texts),
    st.builds(Thinking, texts, texts, texts),
    images,
    st.builds(ToolCall, texts, texts, objects, texts, texts),
    results,
    st.builds(Opaque, texts, objects),
    st.builds(Unknown, names, objects),
)
usages = st.builds(Usage, counts, counts, counts, counts)
messages = st.builds(
    Message,
    st.sampled_from(["user", "assistant"]),
    st.lists(blocks, max_size=3).map(tuple),
    texts,
    counts,
    texts,
    texts,
    st.none() | usages,
    texts,
)
entries = st.one_of(
    st.builds(MessageEntry, messages),
    st.builds(ToolStartEntry, texts, texts, texts),
    st.builds(ToolResultEntry, results),
    st.builds(CompactionEntry, texts, counts, counts, counts),
    st.builds(CompactionUndoneEntry),
    st.builds(CheckpointEntry, st.just("turn_finished"), texts, texts, usages),
    st.builds(UnknownEntry, names, objects),
)
heads = st.builds(
    Thread,
    id=st.just(""),
    title=texts.filter(bool),
    workspace=texts,
    created_at=st.integers(1, 2**40),
    updated_at=st.integers(1, 2**40),
    provider=texts,
    git_branch=texts,
    tags=st.lists(texts, max_size=3).map(tuple),
    is_private=st.booleans(),
    is_pinned=st.booleans(),
)


def without_id(thread: Thread) -> Thread:
    return structs.replace(thread, id="")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(head=heads, rows=st.lists(entries, max_size=5).map(tuple))
async def test_exported_thread_comes_back_the_same(
    store: ThreadStore, head: Thread, rows: tuple[Entry, ...]
) -> None:
    thread = await store.create(head, rows)
    again = await import_json(store, await export_json(store, thread))
    assert await store.entries(again.id) == await store.entries(thread.id) == rows
    assert without_id(again) == without_id(thread)


async def test_import_keeps_the_id_where_it_is_free(store: ThreadStore) -> None:
    thread = Thread("T-1", title="t", is_private=True)
    document = {"format": "loom-thread", "version": 1, "thread": structs.asdict(thread)}
    imported = await import_json(store, json.dumps(document | {"entries": []}).encode())
    assert (imported.id, imported.is_private) == ("T-1", True)


async def test_import_makes_a_new_id_where_it_is_taken(store: ThreadStore) -> None:
    thread = await store.create(Thread("T-1"), [said("mine")])
    await store.delete("T-1")
    imported = await import_json(store, await export_json(store, thread))
    assert imported.id != "T-1"
    assert await store.entries("T-1") == await store.entries(imported.id)


async def test_fork_is_exported_with_its_ancestors(store: ThreadStore) -> None:
    await store.create(Thread("T-1"), [shown()])
    fork = await store.fork("T-1")
    await store.append(fork.id, said("more"))
    assert parse(await export_json(store, fork)).entries == (shown(), said("more"))


GOOD: dict[str, Any] = {
    "format": "loom-thread",
    "version": 1,
    "thread": {"id": "T-9"},
    "entries": [{"type": "message", "message": {"role": "user"}}],
}
DEEP = '{"a":' * 50_000 + "1" + "}" * 50_000
HOSTILE = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    json.dumps(GOOD | {"format": "other"}).encode(),
    json.dumps(GOOD | {"version": 2}).encode(),
    json.dumps(GOOD | {"version": "1"}).encode(),
    json.dumps(GOOD | {"thread": {"id": "../../etc/passwd"}}).encode(),
    json.dumps(GOOD | {"thread": {"id": 7}}).encode(),
    json.dumps(GOOD | {"thread": {"id": "T-9", "title": ["x"]}}).encode(),
    json.dumps(GOOD | {"thread": {"id": "T-9", "created_at": 2**63}}).encode(),
    json.dumps(GOOD | {"thread": {"id": "T-9", "created_at": -(2**62)}}).encode(),
    json.dumps(GOOD | {"thread": {"id": "T-9", "tags": "abc"}}).encode(),
    json.dumps(GOOD | {"entries": {}}).encode(),
    json.dumps(GOOD | {"entries": [[]]}).encode(),
    json.dumps(GOOD | {"entries": [{"type": 3}]}).encode(),
    json.dumps(GOOD | {"entries": [*GOOD["entries"], {"type": "message"}]}).encode(),
    json.dumps(GOOD | {"entries": [{"type": "message", "message": {"role": "root"}}]}).encode(),
    json.dumps(GOOD | {"entries": [{"type": "unknown", "kind": "message"}]}).encode(),
    json.dumps(GOOD | {"entries": ["X"]}).replace('"X"', DEEP).encode(),
    json.dumps(GOOD | {"entries": [{"type": "new", "x": "X"}]}).replace('"X"', DEEP).encode(),
    json.dumps(GOOD | {"thread": "X"}).replace('"X"', DEEP).encode(),
    json.dumps(GOOD).replace("T-9", "\\ud800").encode(),
]


@pytest.mark.parametrize("document", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_document_is_a_clear_error_and_imports_nothing(
    store: ThreadStore, document: bytes
) -> None:
    with pytest.raises(LoomError):
        await import_json(store, document)
    assert await store.list(include_deleted=True) == ()


async def test_error_names_the_entry(store: ThreadStore) -> None:
    document = json.dumps(GOOD | {"entries": [*GOOD["entries"], {"type": "message"}]}).encode()
    with pytest.raises(CodecError, match=r"entry 1: .*message"):
        await import_json(store, document)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | trees.map(lambda tree: json.dumps(tree).encode()))
async def test_any_other_bytes_are_refused(store: ThreadStore, document: bytes) -> None:
    with pytest.raises(CodecError):
        await import_json(store, document)
