"""Where a process was, told from what it wrote: at rest, streaming, in a tool, in a commit, …"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from loom.core.protocol import (
    AnyEvent,
    Compacted,
    CompactionStarted,
    MessageAdded,
    StreamStarted,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from tests.soak.driver import Told

PHASES = ("streaming", "tool", "commit", "compaction", "between", "rest")


class Phase:
    """Follows what a process tells; `name` is where it is now."""

    def __init__(self) -> None:
        self._is_committing = False
        self._is_in_turn = False
        self._is_streaming = False
        self._is_compacting = False
        self._tools: set[str] = set()

    @property
    def name(self) -> str:
        """One of PHASES; a commit counts before all else, it is the shortest."""
        if self._is_committing:
            return "commit"
        if self._is_compacting:
            return "compaction"
        if self._tools:
            return "tool"
        if self._is_streaming:
            return "streaming"
        return "between" if self._is_in_turn else "rest"

    def hear(self, told: Told) -> None:
        """Take one line into account."""
        if told.mark.startswith("commit"):
            self._is_committing = told.mark.startswith("commit ")
        if told.event is not None:
            self._see(told.event)

    def _see(self, event: AnyEvent) -> None:
        match event:
            case TurnStarted() | TurnFinished():
                self._is_in_turn = isinstance(event, TurnStarted)
            case CompactionStarted() | Compacted():
                self._is_compacting = isinstance(event, CompactionStarted)
            case ToolStarted():
                self._tools.add(event.call_id)
            case ToolFinished():
                self._tools.discard(event.call_id)
            case StreamStarted() | MessageAdded():
                self._is_streaming = isinstance(event, StreamStarted)


def phase_at_end(told: Iterable[Told]) -> str:
    """Where the process was when it told its last."""
    phase = Phase()
    for line in told:
        phase.hear(line)
    return phase.name


def shares(told: Sequence[Told]) -> dict[str, float]:
    """Seconds that a whole run spent in each phase."""
    found = dict.fromkeys(PHASES, 0.0)
    phase = Phase()
    for line, following in pairwise(told):
        phase.hear(line)
        found[phase.name] += following.at - line.at
    return found


def commits(told: Sequence[Told]) -> dict[str, float]:
    """Of a whole run: each commit's mark and the seconds that it took."""
    begun = {line.mark: line.at for line in told if line.mark.startswith("commit ")}
    ended = {line.mark: line.at for line in told if line.mark.startswith("committed ")}
    return {mark: ended[mark.replace("commit", "committed")] - at for mark, at in begun.items()}
