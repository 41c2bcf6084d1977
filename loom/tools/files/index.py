"""All files of a workspace on shelves, and which of them fit a query best."""

import re
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

from loom.core.fuzzy import match
from loom.tools.files.shelf import Shelf, base

SHELF = 4_000
"""Paths on a shelf: it is made within a few milliseconds."""
ROWS = 100
"""Answers to a query."""
_ENOUGH = 400
_PLENTY = 20
_GATHERED = 2_000
_SCORED = 200
_FAR_FETCHED = 9
_RECENT = 6.0

# Control characters and line ends cannot be typed, and what is no UTF-8 cannot be named.
_UNNAMEABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Place = tuple[Shelf, int]


class Found(NamedTuple):
    """A path relative to the workspace, and where in it the query's letters stand."""

    path: str
    positions: tuple[int, ...] = ()


class _All(NamedTuple):
    """Every place that fits `letters`: all that fits more letters is among them."""

    letters: str
    places: list[Place]
    shelves: int


class Index:
    """The files of a workspace and their folders; grows while it is searched."""

    def __init__(self) -> None:
        self._shelves: list[Shelf] = []
        self._folders: set[str] = set()
        self._gone: frozenset[str] = frozenset()
        self._known: _All | None = None

    def __len__(self) -> int:
        return sum(map(len, self._shelves))

    def add(self, paths: Sequence[str]) -> None:
        """Put some more paths up; those that cannot be written in a message are left out."""
        if _UNNAMEABLE.search("".join(paths)):
            paths = list(filter(is_nameable, paths))
        folders = list(self._new_folders(paths))
        if paths:
            self._shelves.append(Shelf([*paths, *folders]))

    def remove(self, paths: Iterable[str]) -> None:
        """Leave these out of every answer: they were listed and are not there."""
        self._gone = frozenset(paths)

    def shelves(self) -> tuple[Shelf, ...]:
        """What it has so far."""
        return tuple(self._shelves)

    def search(self, query: str, recent: Sequence[str] = ()) -> Iterator[list[Found]]:
        """What fits, best first, at most ROWS; if it is little, then again with far-fetched fits.

        The name counts more than its folders, its beginning more than its middle, and what was
        used recently (`recent`, the latest first) more than its like.
        """
        letters = query.lower()
        rows = self._inside(letters, recent) if letters == "" or letters.endswith("/") else []
        if rows or not letters:
            yield rows
            return
        for places in self._likely(letters):
            yield self._ranked(letters, places, recent)

    def _new_folders(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            folder = path[: path.rfind("/") + 1]
            while folder and folder not in self._folders:
                self._folders.add(folder)
                yield folder
                folder = folder[: folder.rfind("/", 0, -1) + 1]

    def _inside(self, folder: str, recent: Sequence[str]) -> list[Found]:
        """The folder itself, what was used lately, then what stands in it."""
        paths = [shelf[index] for shelf in self._shelves for index in shelf.children(folder)]
        if not paths:
            return []
        used = [path for path in recent if path.lower().startswith(folder)]
        itself = [paths[0][: len(folder)]] if folder else []
        rows = dict.fromkeys([*itself, *used[:5], *sorted(paths, key=as_listed)])
        return [Found(path) for path in islice(rows, ROWS) if path not in self._gone]

    def _ranked(self, letters: str, places: list[Place], recent: Sequence[str]) -> list[Found]:
        bonus = {path: _RECENT / (1 + rank / 4) for rank, path in enumerate(recent)}
        paths = dict.fromkeys([*bonus, *(shelf[index] for shelf, index in places)])
        scored = (
            (-fit.score - bonus.get(path, 0), path, fit.positions)
            for path in paths
            if path not in self._gone and (fit := match(letters, path))
        )
        return [Found(path, positions) for _, path, positions in nsmallest(ROWS, scored)]

    def _likely(self, letters: str) -> Iterator[list[Place]]:
        """The places worth scoring, those of the surest kinds of fit; then, if few, any."""
        known, shelves = self._known, self.shelves()
        if known and letters.startswith(known.letters) and known.shelves == len(shelves):
            yield known.places
            return
        found: dict[Place, int] = {}
        for tier, places in enumerate(_tiers(letters, shelves)):
            if tier > 2 and len(found) >= _ENOUGH:
                break
            for place in islice(places, _GATHERED):
                found.setdefault(place, tier)
        yield _surest(found)
        if len(found) >= _PLENTY:
            return
        for shelf in shelves:
            for at in islice(shelf.holding_in_order(letters), _GATHERED):
                found.setdefault((shelf, at), _FAR_FETCHED)
        if len(found) <= _SCORED:
            self._known = _All(letters, list(found), len(shelves))
        yield _surest(found)


def _tiers(letters: str, shelves: tuple[Shelf, ...]) -> Iterator[Iterator[Place]]:
    """Each kind of fit, surest first; none is worked out before it is asked for."""
    if "/" not in letters:
        yield ((shelf, at) for shelf in shelves for at in shelf.beginning(letters))
        yield ((shelf, at) for shelf in shelves for at in shelf.initials(letters))
        yield ((shelf, at) for shelf in shelves for at in shelf.named(letters))
        yield ((shelf, at) for shelf in shelves for at in shelf.named_in_order(letters))
    yield ((shelf, at) for shelf in shelves for at in shelf.holding(letters))


def _surest(found: dict[Place, int]) -> list[Place]:
    return nsmallest(_SCORED, found, key=lambda place: (found[place], place[0].length(place[1])))


def is_nameable(path: str) -> bool:
    """Whether a path can be written in a message, and read there as it is."""
    return _UNNAMEABLE.search(path) is None


def as_listed(path: str) -> tuple[bool, str]:
    """What a folder's entries are sorted by: the name, hidden ones last."""
    name = base(path).lower()
    return name.startswith("."), name
