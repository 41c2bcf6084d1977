"""Which files a few letters mean."""

from hypothesis import given
from hypothesis import strategies as st

from loom.core.fuzzy import match
from loom.tools.files.index import Index

PATHS = ["loom/cache/store.py", "loom/cache/restore.py", "store/notes.md", "README.md"]
LETTERS = st.text("ab/_.é", min_size=1, max_size=4)
SOME_PATHS = st.lists(st.text("abAB/_.éİ", min_size=1, max_size=9), unique=True, max_size=12)


def index_of(*paths: str) -> Index:
    index = Index()
    index.add(paths)
    return index


def best(index: Index, query: str, recent: tuple[str, ...] = ()) -> list[str]:
    *_, rows = index.search(query, recent)
    return [row.path for row in rows]


def test_a_name_comes_before_a_folder_and_its_start_before_its_middle() -> None:
    assert best(index_of(*PATHS[:3]), "store") == [
        "store/",
        "loom/cache/store.py",
        "loom/cache/restore.py",
        "store/notes.md",
    ]


def test_the_words_of_a_name_are_found_by_their_first_letters() -> None:
    index = index_of("src/WidgetIndexQueue.ts", "src/test_store.py", "src/artists.md")
    assert best(index, "wiq")[0] == "src/WidgetIndexQueue.ts"
    assert best(index, "ts")[0] == "src/test_store.py"


def test_what_was_used_recently_comes_before_its_like() -> None:
    index = index_of("a/store.py", "b/store.py")
    assert best(index, "store", ("b/store.py",))[0] == "b/store.py"


def test_a_folder_is_offered_itself_and_then_what_is_in_it() -> None:
    assert best(index_of(*PATHS), "loom/cache/") == [
        "loom/cache/",
        "loom/cache/restore.py",
        "loom/cache/store.py",
    ]


def test_without_letters_the_top_is_listed_hidden_names_last() -> None:
    index = index_of(".env", "loom/app.py", "README.md")
    assert best(index, "") == ["loom/", "README.md", ".env"]


def test_names_that_cannot_be_written_are_left_out() -> None:
    hostile = ["a\nb", "esc\x1b[31m", "no\udcff utf8", "line\u2028"]
    assert best(index_of("fine name.py", *hostile), "") == ["fine name.py"]


def test_a_file_that_is_gone_is_not_offered() -> None:
    index = index_of(*PATHS)
    index.remove(["README.md"])
    assert best(index, "readme") == []


def test_more_letters_narrow_what_was_found_and_a_new_file_is_still_seen() -> None:
    index = index_of(*PATHS)
    best(index, "re")
    index.add(["rem.py"])
    assert best(index, "rem")[0] == "rem.py"


@given(SOME_PATHS, LETTERS, LETTERS)
def test_all_that_fits_is_found(paths: list[str], first: str, more: str) -> None:
    index = Index()
    index.add(paths)
    best(index, first)
    for query in (first, first + more):
        if not query.endswith("/"):
            fits = {path for path in paths if match(query.lower(), path)}
            assert fits <= set(best(index, query)), query
