import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loom.core.messages import Thread
from loom.threads import writing
from loom.threads.excerpts import Excerpts
from loom.threads.head_search import AT_ONCE
from loom.threads.search import RECENT, ROWS, Hit
from loom.threads.store import ThreadStore
from tests.threads.samples import answered, said


async def filled(store: ThreadStore, **texts: str) -> None:
    for name, text in texts.items():
        await store.create(Thread(f"T-{name}", title="-", workspace="/w"), [said(text)])


def names(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.thread.id.removeprefix("T-") for hit in hits]


@pytest.mark.parametrize(
    "query",
    [
        "parser",
        "PARSER",
        "pars",
        "loom/core/parser.py",
        "parser.py",
        "core/parser",
        "fails",
        "naïve",
    ],
)
async def test_words_paths_and_beginnings_are_found(store: ThreadStore, query: str) -> None:
    await filled(store, a="The naive loom/core/parser.py fails.", b="unrelated")
    assert names(await store.search(query)) == ["a"]


async def test_every_word_must_be_there(store: ThreadStore) -> None:
    await filled(store, a="red green", b="red blue", c="green blue")
    assert names(await store.search("blue red")) == ["b"]


async def test_words_may_be_in_the_title(store: ThreadStore) -> None:
    await store.create(Thread("T-1", title="Repair the login"), [said("hello")])
    (hit,) = await store.search("login")
    assert (hit.snippet, hit.entry) == ("Repair the login", 0)


async def test_newest_comes_first_among_equals(store: ThreadStore) -> None:
    await filled(store, a="same words", b="same words", c="same words")
    assert names(await store.search("words")) == ["c", "b", "a"]


async def test_thread_that_is_about_it_comes_before_one_that_mentions_it(
    store: ThreadStore,
) -> None:
    await filled(store, about="cache cache cache", mentions="cache " + "other " * 500)
    assert names(await store.search("cache")) == ["about", "mentions"]


@pytest.mark.parametrize("word", ["cache", "CACHE", "müll", "MÜLL"])
async def test_relevance_knows_no_case(store: ThreadStore, word: str) -> None:
    await filled(store, about="Cache CACHE MÜLL Müll", mentions="müll cache" + " other" * 500)
    assert names(await store.search(word)) == ["about", "mentions"]


async def test_thread_is_found_once_however_often_it_matches(store: ThreadStore) -> None:
    await store.create(Thread("T-a"), [said("-"), said("word"), answered("word"), said("word")])
    assert names(await store.search("word")) == ["a"]


async def test_whole_words_are_preferred_to_beginnings(store: ThreadStore) -> None:
    await filled(store, whole="form", longer="formatted")
    assert names(await store.search("form", limit=1)) == ["whole"]
    assert set(names(await store.search("form"))) == {"whole", "longer"}


async def test_search_can_be_kept_to_a_workspace(store: ThreadStore) -> None:
    await filled(store, a="word")
    await store.create(Thread("T-other", workspace="/other"), [said("-"), said("word")])
    assert names(await store.search("word", workspace="/other")) == ["other"]


async def test_commit_is_found_by_how_it_begins(store: ThreadStore) -> None:
    sha = "0123456789abcdef0123456789abcdef01234567"
    await store.create(Thread("T-a", git_commit=sha))
    await filled(store, b="we saw 0123456 in the text", c="deadbeef was said")
    assert names(await store.search("0123456")) == ["a"]
    assert names(await store.search(sha.upper())) == ["a"]
    assert names(await store.search("deadbeef")) == ["c"]


async def test_signs_and_parts_of_words_are_found_in_recent_text(store: ThreadStore) -> None:
    await filled(store, arrow="a -> b", wide="これは日本語です", plain="nothing")
    assert names(await store.search("->")) == ["arrow"]
    assert names(await store.search("日本語")) == ["wide"]


@pytest.mark.parametrize("query", ["", "   ", "\0"])
async def test_empty_query_finds_nothing(store: ThreadStore, query: str) -> None:
    await filled(store, a="word")
    assert await store.search(query) == ()


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "word OR",
        "text:word",
        "NEAR(word)",
        "wor* ^x",
        "a AND",
        "\\",
        "word\0word",
        "\udce9",
        "(",
    ],
)
async def test_syntax_of_the_index_is_plain_text(store: ThreadStore, query: str) -> None:
    await filled(store, a="word")
    assert names(await store.search(query)) in ([], ["a"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=60) | st.text('"*^:()-+ ANDORNOTx\0', max_size=30))
async def test_any_string_is_answered(store: ThreadStore, query: str) -> None:
    assert isinstance(await store.search(query), tuple)


async def test_long_query_is_answered(store: ThreadStore) -> None:
    await filled(store, a="word")
    assert await store.search("word " * 50_000 + "x" * 100_000) is not None


def test_excerpt_is_one_line_around_the_word_with_its_place() -> None:
    text = "intro " * 40 + "the\nNeedle is\there " + "rest " * 100
    line, marks = Excerpts(["needle"]).of(text)
    assert "the Needle is here" in line
    assert line[0] == line[-1] == "…"
    assert [line[start:end] for start, end in marks] == ["Needle"]


def test_excerpt_marks_what_stands_behind_letters_that_are_longer_in_lower_case() -> None:
    line, ((start, end),) = Excerpts(["needle"]).of("İ" * 30 + " Needle")
    assert line[start:end] == "Needle"


async def test_any_part_of_a_head_line_is_found_whatever_its_length(store: ThreadStore) -> None:
    await store.create(
        Thread("T-a", title="Repair ui", git_branch="fix/login-page", tags=("später",))
    )
    await filled(store, b="nothing of it")
    for query in ("UI", "gin-pa", "x/login repair", "päter", "i"):
        assert "a" in names(await store.search(query)), query


async def test_head_line_that_changes_is_found_as_it_is_now(store: ThreadStore) -> None:
    await store.create(Thread("T-a", title="first title"))
    await store.update("T-a", title="second title")
    assert names(await store.search("first")) == []
    assert names(await store.search("second")) == ["a"]


@pytest.mark.parametrize("query", ["zebra", "fix/tapir", "ZEBR", "zebra tap", "ebr"])
async def test_head_line_is_found_however_many_were_begun_since(
    store: ThreadStore, query: str
) -> None:
    await store.create(Thread("T-old", title="A zebra", git_branch="fix/tapir"))

    def begin_more(connection: sqlite3.Connection) -> None:
        for number in range(AT_ONCE + 5):
            writing.insert_thread(connection, Thread(f"T-{number}", title="No animal"))

    await store.writer.run(begin_more)
    assert names(await store.search(query)) == ["old"]


async def test_whole_words_of_texts_come_before_parts_of_head_lines(store: ThreadStore) -> None:
    await filled(store, text="form")
    await store.create(Thread("T-part", title="Perform"))
    await store.create(Thread("T-head", title="A form"))
    assert names(await store.search("form")) == ["head", "text", "part"]


async def test_words_of_a_head_line_may_have_accents_and_signs(store: ThreadStore) -> None:
    await store.create(Thread("T-a", title="A naive -> wise"))
    await store.create(Thread("T-b", title="A naive wise"))
    assert set(names(await store.search("naïve"))) == {"a", "b"}
    assert names(await store.search("naive ->")) == ["a"]


async def test_letters_of_a_word_that_are_scattered_over_the_head_line_are_no_match(
    store: ThreadStore,
) -> None:
    await store.create(Thread("T-a", title="login", git_branch="ginger"))
    assert names(await store.search("loginger")) == []


@pytest.mark.parametrize("beginning", ["for", "form", "forma", "formatt", "formattable"])
async def test_beginning_of_any_length_is_found_behind_many_newer_texts(
    store: ThreadStore, beginning: str
) -> None:
    await filled(store, wanted="it is formattable, naively")
    newer = [said(f"platform {n}") for n in range(RECENT + 5)]
    await store.create(Thread("T-new", title="-"), newer)
    assert names(await store.search(beginning)) == ["wanted"]


async def test_beginnings_are_those_of_words_and_of_every_word(store: ThreadStore) -> None:
    await filled(store, both="a formed line", inside="a platform lined", one="formed")
    assert names(await store.search("for lin")) == ["both"]


async def test_one_long_thread_does_not_fill_the_answer(store: ThreadStore) -> None:
    await filled(store, old="word")
    await store.create(Thread("T-long", title="-"), [said("word") for _ in range(ROWS + 50)])
    assert names(await store.search("word")) == ["long", "old"]


async def test_snippet_is_around_the_word_however_far_in_the_text(store: ThreadStore) -> None:
    await filled(store, a="other " * 4_000 + "needle at the end")
    (hit,) = await store.search("needle")
    assert "needle at the end" in hit.snippet
