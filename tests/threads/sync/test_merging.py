"""What becomes of two versions, case by case. Both sides had the entries a, b, c."""

import itertools

import pytest

from loom.core.history import Entry
from loom.threads.sync.merging import Theirs, entries_taken, is_deleted, merged
from loom.threads.sync.outgoing import News
from tests.threads.samples import said

BASE = "abc"


def entries(letters: str) -> tuple[Entry, ...]:
    return tuple(said(letter) for letter in letters)


def split(letters: str) -> tuple[int, str]:
    """How much of BASE a side still begins with, and what follows."""
    keep = 0
    while keep < min(len(letters), len(BASE)) and letters[keep] == BASE[keep]:
        keep += 1
    return keep, letters[keep:]


def taken(ours: str, theirs: str, *, is_known: bool = True) -> str:
    our_keep, our_rest = split(ours)
    their_keep, their_rest = split(theirs) if is_known else (0, theirs)
    low, high = sorted((our_keep, their_keep))
    return entries_taken(
        len(BASE),
        entries(BASE[low:high]),
        News(our_keep, entries(our_rest), ()),
        Theirs(their_keep if is_known else None, entries(their_rest)),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("abc", "abc", "theirs"),
        ("abcd", "abc", "ours"),
        ("abc", "abcd", "theirs"),
        ("abcd", "abcd", "theirs"),
        ("abcde", "abcd", "ours"),
        ("abcd", "abcde", "theirs"),
        ("abcd", "abcx", "both"),
        ("ab", "abc", "ours"),
        ("abc", "ab", "theirs"),
        ("ab", "abcd", "theirs"),
        ("abx", "abcd", "both"),
        ("abx", "ab", "ours"),
        ("ax", "aby", "both"),
        ("", "abcd", "theirs"),
        ("abcd", "", "ours"),
        ("x", "y", "both"),
    ],
)
def test_entries_of_one_side_stay_or_both_do(ours: str, theirs: str, expected: str) -> None:
    assert taken(ours, theirs) == expected


def test_of_a_server_that_does_not_know_what_we_had_the_longer_side_stays() -> None:
    assert taken("abc", "ab", is_known=False) == "ours"
    assert taken("abc", "abcd", is_known=False) == "theirs"
    assert taken("abc", "abx", is_known=False) == "both"


def test_no_side_that_is_not_taken_had_something_that_the_other_lacks() -> None:
    """But for what a side took back itself."""
    letters = [*map("".join, itertools.product("abcx", repeat=2)), "abc", "abcd", "abcx", "ab", ""]
    for ours, theirs in itertools.product(letters, letters):
        choice = taken(ours, theirs)
        fresh_here = set(split(ours)[1])
        fresh_there = set(split(theirs)[1])
        if choice == "theirs":
            assert fresh_here <= set(theirs), (ours, theirs)
        elif choice == "ours":
            assert fresh_there <= set(ours), (ours, theirs)


def test_a_field_is_that_sides_who_changed_it() -> None:
    base = {"title": "t", "tags": ("a",), "is_pinned": False}
    ours = {"title": "ours", "tags": ("a",), "is_pinned": True}
    theirs = {"title": "theirs", "tags": ("b",), "is_pinned": False}
    expected = {"title": "ours", "tags": ("b",), "is_pinned": True}
    assert merged(base, ours, theirs) == expected


@pytest.mark.parametrize(
    ("was", "ours", "theirs", "we_wrote", "they_wrote", "expected"),
    [
        (False, True, False, False, False, True),
        (False, True, False, False, True, False),
        (False, False, True, False, False, True),
        (False, False, True, True, False, False),
        (True, False, True, False, False, False),
        (True, True, False, False, False, False),
        (False, True, True, True, True, True),
    ],
)
def test_what_is_written_outlives_the_other_sides_deletion(
    was: bool, ours: bool, theirs: bool, we_wrote: bool, they_wrote: bool, expected: bool
) -> None:
    found = is_deleted(was, ours, theirs, we_wrote=we_wrote, they_wrote=they_wrote)
    assert found == expected
