"""Which way each character of a line runs: its embedding level, odd from right to left.

Source: UAX #9 (Unicode 15.1) P2 to L1 without explicit embeddings, whose controls never get here.
"""

import re
from collections.abc import Iterator
from unicodedata import bidirectional

from loom.markup.mirror import CLOSING

_CLASSES = {
    **dict(zip(("L", "R", "AL", "EN", "AN", "ES", "ET", "CS", "NSM"), "LRA12+#,^", strict=True)),
    "BN": "",
    "": "L",
}
"""Bidirectional classes as single letters; what is not named is neutral, `o`."""

_WEAK = (
    (re.compile(r"(.)\^+"), lambda found: found[1] * len(found[0])),  # W1
    (re.compile(r"A[^LR]*"), lambda found: found[0].replace("1", "2")),  # W2
    (re.compile("A"), lambda found: "R"),  # W3
    (re.compile("(?<=1)[+,](?=1)"), lambda found: "1"),  # W4
    (re.compile("(?<=2),(?=2)"), lambda found: "2"),
    (re.compile("#+(?=1)|(?<=1)#+"), lambda found: "1" * len(found[0])),  # W5
    (re.compile("[+#,]"), lambda found: "o"),  # W6
    (re.compile(r"L[^R]*"), lambda found: found[0].replace("1", "L")),  # W7
)
_NEUTRALS = re.compile("(?<=(.))o+(?=(.))")
_TRAILING = re.compile(r"\s*\Z")
_MOST_BRACKETS = 63

_LEVELS = ({"L": 0, "R": 1, "1": 2, "2": 2}, {"L": 2, "R": 1, "1": 2, "2": 2})
"""I1 and I2: levels by base level and resolved class."""


def base_level(text: str) -> int:
    """0 for a paragraph from left to right, 1 for one from right to left (P2, P3)."""
    for character in text:
        if (kind := bidirectional(character)) in ("L", "R", "AL"):
            return int(kind != "L")
    return 0


def levels(text: str, base: int) -> list[int]:
    """Each character's embedding level in a line of base level `base`."""
    original = [_CLASSES.get(bidirectional(character), "o") for character in text]
    side = "LR"[base]
    kinds = side + "".join(original)
    for rule, replacement in _WEAK:
        kinds = rule.sub(replacement, kinds)
    visible = [at for at, kind in enumerate(original) if kind]
    kinds = _bracketed([text[at] for at in visible], kinds, [original[at] for at in visible])
    kinds = _NEUTRALS.sub(lambda found: _between(found, side), kinds + side)[1:-1]
    resolved = iter([_LEVELS[base][kind] for kind in kinds])
    found = [next(resolved) if kind else -1 for kind in original]
    return _reset(text, _filled(found, base), base)


def _between(found: "re.Match[str]", side: str) -> str:
    """N1, N2: neutrals take the direction on both sides of them, or the paragraph's."""
    before, after = _direction(found[1]), _direction(found[2])
    return (before if before == after else side) * len(found[0])


def _direction(kind: str) -> str:
    """A number counts as right-to-left."""
    return "R" if kind in "R12" else kind


def _bracketed(text: list[str], kinds: str, original: list[str]) -> str:
    """N0: a pair of brackets stands as what is in it, or as what is before it. `kinds` has sos."""
    side, found = kinds[0], list(kinds)
    for opening, closing in sorted(_pairs_of(text, kinds)):
        inside = {_direction(kind) for kind in found[opening + 2 : closing + 1]} & {"L", "R"}
        if not inside:
            continue
        direction = side
        if side not in inside:
            before = next(_direction(k) for k in reversed(found[: opening + 1]) if k != "o")
            direction = before if before in inside else side
        for at in (opening, closing):
            found[at + 1] = direction
            for mark in range(at + 1, len(text)):
                if original[mark] != "^":
                    break
                found[mark + 1] = direction
    return "".join(found)


def _pairs_of(text: list[str], kinds: str) -> Iterator[tuple[int, int]]:
    """BD16: the brackets that belong together, as places in `text`."""
    opened: list[tuple[str, int]] = []
    for at, character in enumerate(text):
        if kinds[at + 1] != "o":
            continue
        if character in CLOSING:
            if len(opened) == _MOST_BRACKETS:
                return
            opened.append((CLOSING[character], at))
            continue
        for place in range(len(opened) - 1, -1, -1):
            if opened[place][0] == character:
                yield opened[place][1], at
                del opened[place:]
                break


def _filled(found: list[int], base: int) -> list[int]:
    """Characters without a class of their own (BN) go with the one before."""
    level = base
    for at, own in enumerate(found):
        level = found[at] = level if own < 0 else own
    return found


def _reset(text: str, found: list[int], base: int) -> list[int]:
    """L1: spaces at the end of the line are the paragraph's."""
    trailing = _TRAILING.search(text)
    first = trailing.start() if trailing else len(text)
    return [*found[:first], *([base] * (len(text) - first))]
