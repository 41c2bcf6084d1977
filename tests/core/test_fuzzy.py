from hypothesis import given
from hypothesis import strategies as st

from loom.core.fuzzy import match, rank


def best(query: str, *names: str) -> str:
    return rank(query, names, str)[0][0]


def test_letters_in_order_match_and_others_do_not() -> None:
    assert match("cst", "cache/store.py") is not None
    assert match("tsc", "cache/store.py") is None


def test_the_last_part_of_a_path_counts_more() -> None:
    assert best("store", "store/a_long_name.py", "cache/store.py") == "cache/store.py"


def test_a_run_beats_scattered_letters() -> None:
    assert best("abc", "axbxc.py", "zabc.py") == "zabc.py"


def test_word_starts_beat_inner_letters() -> None:
    assert best("ts", "artists.md", "test_store.py") == "test_store.py"


def test_an_empty_query_keeps_the_order() -> None:
    assert [name for name, _ in rank("", ["b", "a"], str)] == ["b", "a"]


@given(st.text(max_size=5), st.text(max_size=30))
def test_positions_are_where_the_letters_are(query: str, name: str) -> None:
    found = match(query, name)
    if found is not None:
        assert len(found.positions) == len(query.lower())
        assert list(found.positions) == sorted(set(found.positions))
        assert all(0 <= at < len(name) for at in found.positions)
