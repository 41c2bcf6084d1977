"""E-mail addresses as people type them.

Two addresses are one when they differ in the case of ASCII letters, and in nothing else: any wider
folding lets the owner of one mailbox be taken for another (Unicode's `lower` makes the Kelvin sign
a `k`).
"""

import re
import string

MAX_ADDRESS = 254
"""Characters. Source: RFC 5321 §4.5.3.1, less the angle brackets."""

# No quoted local parts, comments, lists or routes: nothing that means more in a header than itself.
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]+")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def is_address(text: str) -> bool:
    """Whether mail can be sent to `text` and nowhere else."""
    return len(text) <= MAX_ADDRESS and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def folded(address: str) -> str:
    """The form in which addresses are kept and compared."""
    return address.strip().translate(_LOWER)


def domain_of(address: str) -> str:
    """What follows the `@`, in lower case."""
    return folded(address).rpartition("@")[2]
