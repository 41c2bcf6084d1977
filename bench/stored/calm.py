"""Times on a machine that others use too: without what the kernel counted as waiting for a core."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.terminals.process_tree import threads_of, waited


class Span:
    """Seconds of what ran inside `measured`: on the clock, on a core, and corrected.

    `corrected` is the clock's without the time in which a thread of this process could have run
    and no core was free. It is right for threads that take turns, as a store's do.
    """

    wall = cpu = corrected = 0.0


@contextmanager
def measured() -> Iterator[Span]:
    """A span that is filled at the end of the block."""
    span = Span()
    queued, began, worked = _queued(), time.perf_counter(), time.process_time()
    yield span
    span.wall = time.perf_counter() - began
    span.cpu = time.process_time() - worked
    span.corrected = max(span.cpu, span.wall - max(0.0, _queued() - queued))


def _queued() -> float:
    return sum(map(waited, threads_of(os.getpid())))
