"""Finds names by a few of their letters, in order: `cst` finds `cache/store.py`."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple, TypeVar

SCORED = 500
"""Candidates that are scored; those that match beyond them are let go, for a key must not wait."""

_BOUNDARIES = frozenset("/\\._- :")
Item = TypeVar("Item")


class Match(NamedTuple):
    """How well a candidate fits; `positions` are the indices of the letters that were found."""

    score: float
    positions: tuple[int, ...] = ()


def match(query: str, candidate: str) -> Match | None:
    """None unless all letters of `query` occur in order; upper and lower case are the same.

    A run of letters, and letters at the start of a word or of the last path segment, count more;
    of two equal ones the shorter is better.
    """
    wanted, text = query.lower(), candidate.lower()
    if len(text) != len(candidate):
        text = candidate
    base = text.rstrip("/").rfind("/") + 1
    whole = text.find(wanted, base)
    whole = text.find(wanted) if whole < 0 else whole
    found = tuple(range(whole, whole + len(wanted))) if whole >= 0 else _spread(wanted, text)
    if found is None:
        return None
    return Match(_score(found, text, base) - len(text) / 100, found)


def rank(
    query: str, items: Iterable[Item], text_of: Callable[[Item], str]
) -> list[tuple[Item, Match]]:
    """The items that match, best first; with an empty query all, in the order given."""
    letters = re.compile(".*?".join(map(re.escape, query)), re.IGNORECASE | re.DOTALL)
    likely = islice((item for item in items if letters.search(text_of(item))), SCORED)
    scored = [(item, found) for item in likely if (found := match(query, text_of(item)))]
    return sorted(scored, key=lambda pair: -pair[1].score) if query else scored


def _spread(wanted: str, text: str) -> tuple[int, ...] | None:
    found, at = [], -1
    for letter in wanted:
        at = text.find(letter, at + 1)
        if at < 0:
            return None
        found.append(at)
    return tuple(found)


def _score(found: tuple[int, ...], text: str, base: int) -> float:
    score = 0.0
    for index, at in enumerate(found):
        score += 1
        score += 4 if index and at == found[index - 1] + 1 else 0
        score += 3 if at == 0 or text[at - 1] in _BOUNDARIES else 0
        score += 1 if at >= base else 0
    return score + (5 if found and found[0] == base else 0)
