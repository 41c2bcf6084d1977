"""Signs that turn round in text from right to left: a bracket opens towards what follows it.

Source: Unicode 15.1, BidiMirroring.txt; the brackets of BidiBrackets.txt are those of them that are
of the general categories Ps and Pe.
"""

from unicodedata import category

_BESIDE = (
    "28 f3a-f3c 169b 2039 2045 207d 208d 223c 2252-2254 2264-226a 226e-228a 228f-2291 22a2 "
    "22b0-22b6 22c9-22cb 22d0 22d6-22ec 22f0 2308-230a 2329 2768-2774 27c3-27c5 27c8 27d5 27dd "
    "27e2-27ee 2983-298b 298e 2991-2997 29c0 29c4 29cf-29d1 29d4 29d8-29da 29f8 29fc 2a2b-2a2d "
    "2a34 2a3c 2a64 2a79 2a7d-2a83 2a8b 2a91-2a9b 2aa1 2aa6-2aac 2aaf 2ab3 2abb-2ac5 2acd-2ad5 "
    "2aec 2af7-2af9 2e02-2e04 2e09 2e0c 2e1c 2e20-2e28 3008-3010 3014-301a fe59-fe5d fe64 ff08 "
    "ff5f ff62"
)
"""Code points whose mirror image is the next one; ranges go by twos."""

_APART = (
    "3c:3e 5b:5d 7b:7d ab:bb 2208:220b 2209:220c 220a:220d 2215:29f5 2243:22cd 2298:29b8 "
    "22a6:2ade 22a8:2ae4 22a9:2ae3 22ab:2ae5 22f2:22fa 22f3:22fb 22f4:22fc 22f6:22fd 22f7:22fe "
    "298d:2990 ff1c:ff1e ff3b:ff3d ff5b:ff5d"
)
"""Code points and their mirror images."""


def _pairs() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in _BESIDE.split():
        first, _, last = entry.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1, 2):
            found[chr(code)] = chr(code + 1)
    for entry in _APART.split():
        one, _, other = entry.partition(":")
        found[chr(int(one, 16))] = chr(int(other, 16))
    return found


_PAIRS = _pairs()

MIRRORED = {**_PAIRS, **{other: one for one, other in _PAIRS.items()}}
"""Each mirrored sign's image."""

CLOSING = {one: other for one, other in MIRRORED.items() if category(one) == "Ps"}
"""Each opening bracket's partner."""
