"""Some thousand paths as a few long strings, which a regular expression searches at C speed."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

_BITS = {letter: 1 << bit for bit, letter in enumerate("abcdefghijklmnopqrstuvwxyz0123456789._-/")}
_WORD_STARTS = re.compile(r"\0|(?<![A-Za-z0-9])[A-Za-z0-9]|(?<=[a-z0-9])[A-Z]")


class Shelf:
    """Paths by index; a folder's ends in `/`. What is looked for is in lower case.

    NUL stands before each and behind the last, which no file system allows in a path.
    """

    __slots__ = ("_initials", "_masks", "_names", "_paths", "_text")

    def __init__(self, paths: Sequence[str]) -> None:
        self._text = _Column(paths)
        self._paths = _Column([_same_length_lower(path) for path in paths])
        if self._paths.text == self._text.text:
            self._paths = self._text
        names = [base(path) for path in paths]
        self._names = _Column([_same_length_lower(name) for name in names])
        starts = "".join(_WORD_STARTS.findall(_joined(names))).lower()
        self._initials = _Column(starts.split("\0")[1:-1])
        self._masks: array[int] | None = None

    def __len__(self) -> int:
        return len(self._text)

    def __getitem__(self, index: int) -> str:
        return self._text[index]

    def length(self, index: int) -> int:
        """Characters of a path."""
        return self._text.length(index)

    def beginning(self, letters: str) -> Iterator[int]:
        """Paths whose last part begins with the letters."""
        return self._names.find(re.compile(r"\0" + re.escape(letters)))

    def initials(self, letters: str) -> Iterator[int]:
        """Paths whose last part has words that begin so: `ts` for `test_store` and `TestStore`."""
        return self._initials.find(re.compile(r"\0" + re.escape(letters)))

    def named(self, letters: str) -> Iterator[int]:
        """Paths whose last part holds the letters as they stand."""
        return self._names.find(re.compile(re.escape(letters) + r"[^\0]*+"))

    def named_in_order(self, letters: str) -> Iterator[int]:
        """Paths whose last part holds the letters in order, whatever stands between."""
        return self._names.find(re.compile(_in_order(letters) + r"[^\0]*+"))

    def holding(self, letters: str) -> Iterator[int]:
        """Paths that hold the letters as they stand."""
        return self._paths.find(re.compile(re.escape(letters) + r"[^\0]*+"))

    def holding_in_order(self, letters: str) -> Iterator[int]:
        """Paths that hold the letters in order, whatever stands between."""
        wanted, paths = mask(letters), self._paths
        search = re.compile(_in_order(letters)).search
        likely = [index for index, bits in enumerate(self.masks()) if bits & wanted == wanted]
        return (index for index in likely if search(paths[index]))

    def children(self, folder: str) -> Iterator[int]:
        """What stands directly in a folder, whose name ends in `/`; the top for an empty one."""
        return self._paths.find(re.compile(rf"\0{re.escape(folder)}[^\0/]++/?(?=\0)"))

    def masks(self) -> "array[int]":
        """Which letters each path has, one bit a letter; worked out when first asked for."""
        if self._masks is None:
            paths = self._paths
            self._masks = array("Q", (mask(paths[index]) for index in range(len(paths))))
        return self._masks


class _Column:
    """Strings by index, searched as one."""

    __slots__ = ("_starts", "text")

    def __init__(self, strings: Sequence[str]) -> None:
        self.text = _joined(strings)
        self._starts = _starts(strings)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> str:
        return self.text[self._starts[index] + 1 : self._starts[index + 1]]

    def length(self, index: int) -> int:
        return self._starts[index + 1] - self._starts[index] - 1

    def find(self, pattern: "re.Pattern[str]") -> Iterator[int]:
        """Where the pattern, which may begin with the NUL before a string, is found."""
        starts = self._starts
        return (bisect_right(starts, hit.start()) - 1 for hit in pattern.finditer(self.text))


def base(path: str) -> str:
    """The last part of a path; a folder's with its `/`."""
    return path[path.rfind("/", 0, -1) + 1 :]


def mask(text: str) -> int:
    """A bit for each letter in `text`; letters outside ASCII have none."""
    get, bits = _BITS.get, 0
    for letter in set(text):
        bits |= get(letter, 0)
    return bits


def _in_order(letters: str) -> str:
    first, *others = map(re.escape, letters)
    return first + "".join(rf"[^{each}\0]*+{each}" for each in others)


def _joined(strings: Iterable[str]) -> str:
    return "".join(["\0", *(f"{string}\0" for string in strings)])


def _same_length_lower(text: str) -> str:
    """In lower case, unless a letter becomes two: offsets in both must be the same."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _starts(strings: Iterable[str]) -> "array[int]":
    """Where the NUL before each stands, and the last one."""
    starts, at = array("I", [0]), 0
    for string in strings:
        at += len(string) + 1
        starts.append(at)
    return starts
