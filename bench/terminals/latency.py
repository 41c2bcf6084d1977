"""How long a key takes to its echo: a rare letter is written, and its bytes are waited for."""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

from bench.terminals.process_tree import waited
from bench.terminals.pseudo_terminal import PseudoTerminal

# Cyrillic, Greek, Armenian, Georgian: letters that no answer, tool or screen shows by itself.
LETTERS = cycle(
    [
        chr(code)
        for low, high in ((0x410, 0x450), (0x3B1, 0x3C2), (0x531, 0x557), (0x10D0, 0x10F1))
        for code in range(low, high)
    ]
)
BACKSPACE = "\x7f"
INTERVAL = 0.15
LINE = 24
"""Letters after which the input is emptied again, so that it stays one line."""
LOST_AFTER = 5.0


@dataclass
class Latencies:
    """Milliseconds of each key; `corrected` lacks the time in which no core was free.

    That time is what the kernel counted for the program's busiest thread and for the bench's
    reading one.
    """

    raw: list[float] = field(default_factory=list)
    corrected: list[float] = field(default_factory=list)
    lost: int = 0

    def __add__(self, other: "Latencies") -> "Latencies":
        raw, corrected = self.raw + other.raw, self.corrected + other.corrected
        return Latencies(raw, corrected, self.lost + other.lost)

    @property
    def p50(self) -> float:
        """The corrected median."""
        return percentile(self.corrected, 0.5)

    @property
    def p99(self) -> float:
        """The corrected 99th percentile."""
        return percentile(self.corrected, 0.99)

    @property
    def summary(self) -> str:
        """The uncorrected numbers."""
        p50, p99 = percentile(self.raw, 0.5), percentile(self.raw, 0.99)
        lost = f", {self.lost} lost" if self.lost else ""
        return (
            f"raw {p50:.1f} / {p99:.1f}, worst {max(self.raw):.1f} ms, {len(self.raw)} keys{lost}"
        )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def next_letter() -> str:
    """A letter that was not typed for a while."""
    return next(LETTERS)


def typed(terminal: PseudoTerminal, seconds: float, interval: float = INTERVAL) -> Latencies:
    """Types for `seconds`, a key about every `interval` seconds, and empties the input."""
    latencies, chance = Latencies(), random.Random(3)
    thread = terminal.tree.busiest_thread
    end, on_line = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        latency = press(terminal, latencies, thread)
        on_line += 1
        terminal.rest(max(0.0, interval * chance.uniform(0.6, 1.4) - latency))
        if on_line == LINE:
            erase(terminal, on_line)
            on_line = 0
    erase(terminal, on_line)
    return latencies


def press(terminal: PseudoTerminal, latencies: Latencies, thread: int) -> float:
    """Types one letter and notes how long it took, in seconds; `thread` draws the echo."""
    reader = terminal.reader.native_id or 0
    while terminal.read(0):
        pass
    queued = waited(thread) + waited(reader)
    began = time.perf_counter()
    at = echo(terminal, next_letter())
    if at is None:
        latencies.lost += 1
        return LOST_AFTER
    queued = waited(thread) + waited(reader) - queued
    latencies.raw.append((at - began) * 1000)
    latencies.corrected.append(max(0.0, at - began - queued) * 1000)
    return at - began


def echo(terminal: PseudoTerminal, letter: str, timeout: float = LOST_AFTER) -> float | None:
    """Types a letter; when it came back, or None."""
    wanted, tail = letter.encode(), b""
    end = time.perf_counter() + timeout
    terminal.type(letter)
    while (left := end - time.perf_counter()) > 0:
        if piece := terminal.read(left):
            tail = tail[-8:] + piece.data
            if wanted in tail:
                return piece.at
    return None


def erase(terminal: PseudoTerminal, count: int) -> None:
    """Takes letters back, and lets that be drawn."""
    terminal.type(BACKSPACE * count)
    terminal.rest(0.25)
