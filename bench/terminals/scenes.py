"""What is done with a program in a terminal, and what is measured meanwhile."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.terminals.contestants import (
    Contestant,
    await_prompt,
    launched,
    send,
    started,
    warm_up,
)
from bench.terminals.display import Display
from bench.terminals.latency import Latencies, echo, next_letter, typed
from bench.terminals.pseudo_terminal import Piece, PseudoTerminal

RATE = 100
"""Tokens a second of a model that one can read along with."""
SIZES = (
    (80, 24),
    (160, 50),
    (60, 20),
    (120, 40),
    (100, 30),
    (200, 60),
    (90, 40),
    (120, 24),
    (70, 50),
    (120, 40),
)
WHOLE = 0.8
"""The share of the rows in use after which a screen counts as drawn: the answer goes on."""


@dataclass(frozen=True)
class Startup:
    """Seconds since the program was started, and CPU seconds until the prompt."""

    prompt: float
    keys: float
    cpu: float


def startup(contestant: Contestant) -> Startup:
    """Starts; when the prompt is there, types letters until one comes back."""
    with launched(contestant) as screen:
        prompt = await_prompt(screen, contestant)
        cpu = screen.tree.cpu
        at = None
        while at is None:
            at = echo(screen, next_letter(), timeout=0.4)
        return Startup(prompt - screen.started, at - screen.started, cpu)


@dataclass(frozen=True)
class Idle:
    """Percent of a core, bytes a second to the terminal, megabytes; then keys at rest."""

    cpu: float
    written: float
    memory: float
    keys: Latencies


def idle(contestant: Contestant, seconds: float) -> Idle:
    """Leaves the program alone for `seconds`, then types for as long."""
    with started(contestant, warm=4.0) as screen:
        cpu, written = screen.tree.cpu, screen.written
        screen.rest(seconds)
        cpu, written = screen.tree.cpu - cpu, screen.written - written
        memory = screen.tree.memory
        keys = typed(screen, seconds, interval=0.08)
        return Idle(cpu / seconds * 100, written / seconds, memory, keys)


@dataclass(frozen=True)
class Paced:
    """Percent of a core without typing; then keys; `late` seconds behind the provider."""

    cpu: float
    keys: Latencies
    late: float


def paced(contestant: Contestant, seconds: float) -> Paced:
    """Streams for `seconds`: two fifths watched only, then typed into."""
    with started(contestant) as screen:
        warm_up(screen, contestant)
        turn = send(screen, contestant, tokens=int(seconds * RATE), rate=RATE)
        screen.rest(1.0)
        cpu, began = screen.tree.cpu, time.perf_counter()
        screen.rest(seconds * 0.4 - 1.0)
        share = (screen.tree.cpu - cpu) / (time.perf_counter() - began) * 100
        keys = typed(screen, seconds * 0.6 - 1.5)
        screen.shows(turn.end)
        end = turn.wait(screen)
        return Paced(share, keys, max(0.0, end - turn.sent - seconds))


@dataclass(frozen=True)
class Full:
    """From Enter to the answer's end on the screen: seconds and CPU seconds."""

    wall: float
    cpu: float


def full(contestant: Contestant, tokens: int) -> Full:
    """One long answer as fast as the provider sends it."""
    with started(contestant) as screen:
        warm_up(screen, contestant)
        return answered(screen, contestant, tokens)


def answered(screen: PseudoTerminal, contestant: Contestant, tokens: int) -> Full:
    """Sends a prompt and waits for its answer."""
    turn = send(screen, contestant, tokens=tokens)
    cpu = screen.tree.cpu
    end = turn.wait(screen)
    return Full(end - turn.sent, screen.tree.cpu - cpu)


@dataclass(frozen=True)
class Resize:
    """Milliseconds until a window of another size is drawn, one for each change."""

    repaints: list[float]


def resize(contestant: Contestant) -> Resize:
    """Ten changes of the window while an answer streams."""
    with started(contestant) as screen:
        warm_up(screen, contestant)
        turn = send(screen, contestant, tokens=1000, rate=RATE)
        screen.rest(1.5)
        repaints = [repainted(screen, contestant, size) for size in SIZES]
        turn.wait(screen)
        return Resize(repaints)


def repainted(
    screen: PseudoTerminal, contestant: Contestant, size: tuple[int, int], window: float = 0.7
) -> float:
    """Milliseconds from the change to the new screen; `window` when it does not come."""
    while screen.read(0):
        pass
    began, pieces = screen.resize(*size), []
    while (left := began + window - time.perf_counter()) > 0:
        if piece := screen.read(left):
            pieces.append(piece)
    at = drawn_at(pieces, size, contestant.ready)
    return (at - began if at else window) * 1000


def drawn_at(pieces: Sequence[Piece], size: tuple[int, int], prompt: str) -> float | None:
    """When an empty screen of `size` first looked like in the end: prompt and rows in place."""
    last, display = Display(size), Display(size)
    last.feed(b"".join(piece.data for piece in pieces))
    wanted = last.row_of(prompt), WHOLE * last.filled
    for piece in pieces:
        display.feed(piece.data)
        if display.row_of(prompt) == wanted[0] and display.filled >= max(1, wanted[1]):
            return piece.at
    return None


@dataclass(frozen=True)
class Checkpoint:
    """After some exchanges: CPU seconds a turn, keys at rest, megabytes."""

    exchanges: int
    cpu: float
    keys: Latencies
    memory: float


def exchanges(contestant: Contestant, marks: tuple[int, ...]) -> list[Checkpoint]:
    """Short turns in one session, looked at after each number of `marks`."""
    points = []
    with started(contestant) as screen:
        costs: list[float] = []
        for number in range(1, max(marks) + 1):
            costs.append(answered(screen, contestant, 120).cpu)
            if number in marks:
                points.append(checkpoint(screen, number, statistics.mean(costs[-20:])))
    return points


def checkpoint(screen: PseudoTerminal, number: int, cpu: float) -> Checkpoint:
    """Rests, types and weighs."""
    screen.settle(0.5, 3.0)
    keys = typed(screen, 4.0, interval=0.1)
    return Checkpoint(number, cpu, keys, screen.tree.memory)


@dataclass(frozen=True)
class Reopened:
    """Seconds until a stored thread's last words are on the screen; keys; megabytes."""

    opened: float
    keys: Latencies
    memory: float


def reopened(contestant: Contestant, last_words: str) -> Reopened:
    """Opens a thread that was stored, waits until all is calm, and types."""
    with launched(contestant) as screen:
        at = screen.wait_for(last_words, 60.0)
        screen.rest(4.0)
        keys = typed(screen, 4.0, interval=0.1)
        return Reopened(at - screen.started, keys, screen.tree.memory)


@dataclass(frozen=True)
class Busy:
    """Percent of a core, and keys, while the agent's shell command writes."""

    cpu: float
    keys: Latencies


def while_a_tool_runs(contestant: Contestant, seconds: int) -> Busy:
    """The answer is a shell command that writes twenty lines a second."""
    loop = f"for+n+in+$(seq+{(seconds + 3) * 20});do+echo+tick-$n;sleep+0.05;done"
    with started(contestant) as screen:
        warm_up(screen, contestant)
        turn = send(screen, contestant, tokens=20, tool=loop)
        screen.wait_for(r"tick-\d", 20.0)
        cpu, began = screen.tree.cpu, time.perf_counter()
        keys = typed(screen, float(seconds))
        share = (screen.tree.cpu - cpu) / (time.perf_counter() - began) * 100
        turn.wait(screen)
        return Busy(share, keys)


FIND, PLAIN = "\x06", "\x1b"


def while_finding(contestant: Contestant, last_words: str, seconds: float) -> Latencies:
    """Each letter goes to the search bar of a long thread and begins a search of all of it."""
    with launched(contestant) as screen:
        screen.wait_for(last_words, 60.0)
        screen.rest(4.0)
        screen.type(FIND)
        screen.wait_for("Find", 20.0)
        screen.rest(0.5)
        return typed(screen, seconds)


def while_diffs_come(contestant: Contestant, seconds: float) -> Latencies:
    """The agent writes one long file after another, each of which is shown as a diff."""
    with started(contestant) as screen:
        warm_up(screen, contestant)
        send(screen, contestant, tokens=20, writes=500)
        screen.wait_for(r"part1\.py", 20.0)
        keys = typed(screen, seconds)
        screen.type(PLAIN)
        return keys


def while_compacting(contestant: Contestant, last_words: str, seconds: float) -> Latencies:
    """A thread is folded into notes, again and again."""
    with launched(contestant) as screen:
        screen.wait_for(last_words, 60.0)
        screen.rest(4.0)
        keys = Latencies()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            screen.type("/compact")
            screen.rest(contestant.pause)
            screen.type("\r")
            keys += typed(screen, 1.0, interval=0.1)
        return keys
