import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from bench.store_scale import size
from bench.stored.archive import generate, lengths_of
from bench.stored.calm import measured
from bench.stored.corpus import Corpus
from bench.stored.floor import plain
from loom.core.messages import Thread
from loom.threads.store import ThreadStore
from tests.threads.samples import said


def test_the_archive_has_as_many_threads_and_messages_as_asked(tmp_path: Path) -> None:
    generate(tmp_path / "db", 20, 300)
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        assert connection.execute("SELECT count(*) FROM threads").fetchone() == (20,)
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (300,)
    assert sum(lengths_of(100, 1_000)) == 1_000


def test_words_are_as_frequent_as_zipf_has_them() -> None:
    corpus = Corpus(seed=1)
    counts = Counter(" ".join(corpus.text(80) for _ in range(3_000)).split())
    often, seldom = counts[corpus.words[0]], counts[corpus.words[97]]
    assert 25 < often / seldom < 55
    assert Corpus(seed=1).text(80) == Corpus(seed=1).text(80)


def test_the_size_counts_the_text_once(tmp_path: Path) -> None:
    generate(tmp_path / "db", 20, 300)
    assert size(tmp_path / "db").measured > 1


async def test_the_floor_saves_what_the_store_reads(tmp_path: Path) -> None:
    path = tmp_path / "db"
    async with ThreadStore.open(path) as store:
        await store.create(Thread("T-1"))
        async with plain(path) as floor:
            await asyncio.gather(*(floor.append("T-1", said(f"word {n}")) for n in range(5)))
        assert await store.entries("T-1") == tuple(said(f"word {n}") for n in range(5))
        assert [hit.thread.id for hit in await store.search("word")] == ["T-1"]


def test_a_span_tells_sleeping_from_working() -> None:
    with measured() as span:
        time.sleep(0.05)
        sum(range(200_000))
    assert 0 < span.cpu < span.corrected <= span.wall
