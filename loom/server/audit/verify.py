"""Checks a chain and names the place where it was tampered with.

Source: the construction is that of RFC 9162's predecessors, a plain hash chain; what it cannot see
(the whole log replaced, or cut off together with its head, by somebody who has the key or where
there is none) is seen by an anchor: a head that was noted elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from loom.server.audit.chain import Link, Mark, Seal

MAX_FAULTS = 20
UNKEYED = "from here on the chain is not keyed: anybody can have made it"


class Fault(Struct, frozen=True):
    """Something is wrong at line `seq`."""

    seq: int
    what: str


class Report(Struct, frozen=True, omit_defaults=True):
    """What was found: the lines from `first` to `last`, and at most MAX_FAULTS of `fault_count`."""

    is_sound: bool
    lines: int
    first: int
    last: int
    head: str
    is_keyed: bool
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0


class Verifier:
    """Walks a chain once, oldest line first.

    Args:
        seals: by key id; the one without a key is known to everybody.
        anchors: hashes by line number, noted elsewhere.
    """

    def __init__(self, seals: Sequence[Seal], anchors: Mapping[int, bytes] | None = None) -> None:
        self._seals = {seal.key_id: seal for seal in (Seal(), *seals)}
        self._anchors = dict(anchors or {})
        self._is_key_expected = any(seal.key_id for seal in seals)
        self._faults: list[Fault] = []
        self._fault_count = 0
        self._start: Mark | None = None
        self._head: Mark | None = None
        self._first = 0
        self._previous: Link | None = None
        self._lines = 0

    def report(self, records: Iterable[Link | Mark]) -> Report:
        """Reads everything and judges."""
        for record in records:
            if isinstance(record, Link):
                self._take(record)
            else:
                self._mark(record)
        self._finish()
        last = self._previous
        return Report(
            self._fault_count == 0,
            self._lines,
            self._first,
            last.seq if last else 0,
            f"{last.seq}:{last.hash.hex()}" if last else "",
            bool(last and last.key_id),
            tuple(self._faults),
            self._fault_count,
        )

    def _mark(self, mark: Mark) -> None:
        seal = self._seals.get(mark.key_id)
        if seal is None:
            self._fault(mark.seq, f"the {mark.kind}'s key {mark.key_id} was not given")
        elif not seal.is_mine(mark):
            self._fault(mark.seq, f"the {mark.kind}'s mark was forged")
        if mark.kind == "start":
            self._start = mark
            self._anchored(mark.seq, mark.hash)
        else:
            self._head = mark

    def _take(self, link: Link) -> None:
        self._lines += 1
        before = self._previous
        if before is None:
            self._first = link.seq
            self._begin(link)
        elif link.seq == before.seq + 1:
            self._follow(link, before.hash)
        else:
            self._jump(link, before)
        if before is not None and before.key_id and not link.key_id:
            self._fault(link.seq, UNKEYED)
        self._anchored(link.seq, link.hash)
        self._previous = link

    def _begin(self, link: Link) -> None:
        start = self._start
        if start is None:
            self._fault(link.seq, "the start's mark is missing: lines before may have been cut off")
        elif link.seq != start.seq + 1:
            self._fault(link.seq, f"lines {start.seq + 1} to {link.seq - 1} are missing before it")
        elif link.key_id and not start.key_id:
            self._fault(link.seq, "the start's mark is not keyed as the line is: it was forged")
        else:
            self._follow(link, start.hash)

    def _follow(self, link: Link, previous: bytes) -> None:
        seal = self._seals.get(link.key_id)
        if seal is None:
            self._fault(link.seq, f"the line's key {link.key_id} was not given")
        elif seal.link(previous, link.seq, link.body).hash != link.hash:
            self._fault(
                link.seq, "the line was changed or put in, or the one before it is not the same"
            )

    def _jump(self, link: Link, before: Link) -> None:
        if link.seq > before.seq:
            gap = (before.seq + 1, link.seq - 1)
            what = f"line {gap[0]} is" if gap[0] == gap[1] else f"lines {gap[0]} to {gap[1]} are"
            self._fault(link.seq, f"{what} missing before it")
        else:
            self._fault(
                link.seq, f"the line stands behind line {before.seq}: moved, or put in twice"
            )

    def _anchored(self, seq: int, hash_: bytes) -> None:
        noted = self._anchors.pop(seq, None)
        if noted is not None and noted != hash_:
            self._fault(seq, "the line is not the one that the anchor names")

    def _finish(self) -> None:
        last, head = self._previous, self._head
        reached = last.seq if last else 0
        if last is not None and self._is_key_expected and not last.key_id:
            self._fault(last.seq, "the last line is not keyed: anybody can have made it")
        if head is None:
            if last or self._start:
                self._fault(reached, "the head's mark is missing: lines may have been cut off")
        elif head.seq > reached:
            self._fault(reached + 1, f"the log ends before line {head.seq}: it was cut off")
        elif last is not None and (head.seq, head.hash) != (last.seq, last.hash):
            self._fault(last.seq, "the log does not end with the line that its head names")
        for seq in sorted(seq for seq in self._anchors if seq > reached):
            self._fault(reached + 1, f"the log ends before the anchor's line {seq}")

    def _fault(self, seq: int, what: str) -> None:
        self._fault_count += 1
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(Fault(seq, what))
