"""Finds names by a few of their letters, in order: `cst` finds `cache/store.py`."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

SCORED = 500
"""Candidates that are scored; those that match beyond them are let go, for a key must not wait."""

_BOUNDARIES = frozenset("/\\._- :")
_WORD_STARTS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]|(?<=[a-z0-9])[A-Z]")
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
    base = text.rfind("/", 0, -1) + 1
    tries = (found for found in _ways(wanted, text, candidate, base) if found is not None)
    fits = [Match(_score(found, candidate, base) - len(text) / 100, found) for found in tries]
    return max(fits, default=None)


def rank(
    query: str, items: Iterable[Item], text_of: Callable[[Item], str]
) -> list[tuple[Item, Match]]:
    """The items that match, best first; with an empty query all, in the order given."""
    letters = re.compile(".*?".join(map(re.escape, query)), re.IGNORECASE | re.DOTALL)
    likely = islice((item for item in items if letters.search(text_of(item))), SCORED)
    scored = [(item, found) for item in likely if (found := match(query, text_of(item)))]
    return sorted(scored, key=lambda pair: -pair[1].score) if query else scored


def _ways(wanted: str, text: str, candidate: str, base: int) -> Iterator[tuple[int, ...] | None]:
    """Where the letters may be meant to be: in the last segment, or else anywhere."""
    whole = _whole(wanted, text, base)
    yield whole
    yield _starting_words(wanted, text, candidate, base)
    if whole is None:
        yield _spread(wanted, text, base) or _whole(wanted, text, 0) or _spread(wanted, text, 0)


def _whole(wanted: str, text: str, start: int) -> tuple[int, ...] | None:
    at = text.find(wanted, start)
    return tuple(range(at, at + len(wanted))) if at >= 0 else None


def _starting_words(wanted: str, text: str, candidate: str, base: int) -> tuple[int, ...] | None:
    if len(wanted) < 2:
        return None
    starts = [start.start() for start in _WORD_STARTS.finditer(candidate, base)]
    found = _spread(wanted, "".join(text[at] for at in starts), 0)
    return tuple(starts[index] for index in found) if found is not None else None


def _spread(wanted: str, text: str, start: int) -> tuple[int, ...] | None:
    found, at = [], start - 1
    for letter in wanted:
        at = text.find(letter, at + 1)
        if at < 0:
            return None
        found.append(at)
    return tuple(found)


def _score(found: tuple[int, ...], candidate: str, base: int) -> float:
    score = 0.0
    for index, at in enumerate(found):
        score += 1
        score += 4 if index and at == found[index - 1] + 1 else 0
        score += 3 if _begins_word(candidate, at) else 0
        score += 1 if at >= base else 0
    return score + (5 if found and found[0] == base else 0)


def _begins_word(candidate: str, at: int) -> bool:
    before = candidate[at - 1 : at]
    return not at or before in _BOUNDARIES or (before.islower() and candidate[at].isupper())
