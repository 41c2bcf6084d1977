"""What becomes of a thread that changed here and on the server: no I/O, every case decided."""

from typing import Literal, NamedTuple

from loom.core.history import Entry
from loom.threads.sync.outgoing import News
from loom.threads.sync.state import Fields
from loom.threads.wire import common

Taken = Literal["ours", "theirs", "both"]


class Theirs(NamedTuple):
    """The server's entries after the first `keep` of what both had; None when that is unknown."""

    keep: int | None
    entries: tuple[Entry, ...]

    def has_entries(self, base_length: int) -> bool:
        """Whether the server's entries are others than both had, as far as can be told."""
        return bool(self.entries) or self.keep is None or self.keep < base_length


def entries_taken(
    base_length: int, between: tuple[Entry, ...], ours: News, theirs: Theirs
) -> Taken:
    """Whose entries stay under the thread's id; of "both" ours become a fork.

    A side that only goes on where the other one stopped has the other's entries too: so an answer
    that was lost is recognised, and nothing is written twice.

    Args:
        between: what both had between where the two sides left it: the entries from the lesser
            `keep` to the greater one.
    """
    we_changed = ours.has_entries(base_length)
    if theirs.keep is not None:
        if not we_changed:
            return "theirs"
        if not theirs.has_entries(base_length):
            return "ours"
    our_tail, their_tail = tails(between, ours, theirs)
    same = common(our_tail, their_tail)
    if same == len(our_tail):
        return "theirs"
    return "ours" if same == len(their_tail) else "both"


def tails(
    between: tuple[Entry, ...], ours: News, theirs: Theirs
) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Both sides' entries from the first place on where they may differ."""
    keep = theirs.keep or 0
    if ours.keep > keep:
        return (*between, *ours.entries), theirs.entries
    if ours.keep < keep:
        return ours.entries, (*between, *theirs.entries)
    return ours.entries, theirs.entries


def merged(base: Fields, ours: Fields, theirs: Fields) -> Fields:
    """Each field from the side that changed it; where both did, ours, which is written last."""
    return {
        name: ours[name] if ours[name] != base.get(name, theirs[name]) else theirs[name]
        for name in theirs
    }


def is_deleted(was: bool, ours: bool, theirs: bool, *, we_wrote: bool, they_wrote: bool) -> bool:
    """Whether the thread is deleted: what one side wrote outlives the other side's deletion."""
    if ours == theirs:
        return ours
    if ours != was:
        return ours and not they_wrote
    return theirs and not we_wrote
