"""The chain: each line's hash covers the hash before it, its number and its bytes.

Without a key anybody can check the chain, and whoever may write the database can also write a new
one from any place on. With a key (HMAC, RFC 2104) that takes the key as well.
"""

import hashlib
import hmac
from typing import Literal, NamedTuple

from loom.secrets import Secret

HASH_SIZE = 32
BROKEN = bytes(HASH_SIZE)
"""What the line after a break stands on: no line has this hash."""

MarkKind = Literal["start", "head"]


class Link(NamedTuple):
    """One line as it is stored; `body` is the event's JSON."""

    seq: int
    hash: bytes
    key_id: str
    body: bytes


class Mark(NamedTuple):
    """One end of the chain: `start` is the line before the first one kept, `head` the last one."""

    kind: MarkKind
    seq: int
    hash: bytes
    key_id: str
    proof: bytes


class Seal:
    """Makes hashes, with a key or without.

    Attributes:
        key_id: tells keys apart without telling them; "" for no key.
    """

    def __init__(self, key: Secret | None = None) -> None:
        self._key = key.expose().encode() if key else b""
        named = hashlib.sha256(b"loom audit key\n" + self._key)
        self.key_id = named.hexdigest()[:16] if self._key else ""
        self._named = b"%c%b" % (len(self.key_id), self.key_id.encode())

    def link(self, previous: bytes, seq: int, body: bytes) -> Link:
        """The next line of the chain."""
        head = b"line\n%b%b%b" % (previous, seq.to_bytes(8, "big"), self._named)
        return Link(seq, self._digest(head + body), self.key_id, body)

    def mark(self, kind: MarkKind, seq: int, hash_: bytes) -> Mark:
        """A mark that only who has the key can have made."""
        data = b"mark\n%b\n%b%b" % (kind.encode(), seq.to_bytes(8, "big"), hash_)
        return Mark(kind, seq, hash_, self.key_id, self._digest(data))

    def is_mine(self, mark: Mark) -> bool:
        """The mark was made with this seal."""
        made = self.mark(mark.kind, mark.seq, mark.hash)
        return made.key_id == mark.key_id and hmac.compare_digest(made.proof, mark.proof)

    def _digest(self, data: bytes) -> bytes:
        if self._key:
            return hmac.digest(self._key, data, "sha256")
        return hashlib.sha256(data).digest()
