"""What a program and everything it started cost: CPU time, memory, waiting for a core.

The bench makes itself the reaper of orphans, so that what a program leaves behind (a shared daemon,
say) still counts as its own.
"""

import ctypes
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_CHILD_SUBREAPER = 36
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class ProcessTree:
    """The descendants of `root`, and orphans that came to the bench since this was made."""

    def __init__(self, root: int, apart: frozenset[int]) -> None:
        self.root = root
        self._apart = apart | {root}
        self._worked: dict[int, dict[int, int]] = {}

    @property
    def pids(self) -> list[int]:
        """Every process that is still there, the root first."""
        children = children_by_parent()
        found = [self.root]
        found += [pid for pid in children[os.getpid()] if pid not in self._apart]
        for pid in found:
            found += children[pid]
        return found

    @property
    def cpu(self) -> float:
        """Seconds on a core, of what has ended too: to the nanosecond, for reaped processes ticks.

        A thread that has ended counts with what it had worked when this was last asked.
        """
        self._worked = {
            pid: {**self._worked.get(pid, {}), **{of: worked(of) for of in threads_of(pid)}}
            for pid in self.pids
        }
        living = sum(sum(threads.values()) for threads in self._worked.values())
        return living / 1e9 + sum(map(reaped, self._worked))

    @property
    def memory(self) -> float:
        """Megabytes: the sum of the proportional set sizes."""
        return sum(map(pss, self.pids)) / 1e6

    @property
    def busiest_thread(self) -> int:
        """The thread that worked most: the one whose waiting for a core delays an echo."""
        threads = [thread for pid in self.pids for thread in threads_of(pid)]
        return max(threads, key=worked, default=self.root)


def adopt_orphans() -> None:
    """Makes this process the parent of its descendants' orphans."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> frozenset[int]:
    """The processes whose parent is this one."""
    return frozenset(children_by_parent()[os.getpid()])


def children_by_parent() -> Mapping[int, list[int]]:
    """The system's processes."""
    found: dict[int, list[int]] = defaultdict(list)
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := stat(entry)):
            found[int(fields[1])].append(int(entry.name))
    return found


def stat(folder: Path) -> list[str]:
    """The fields after the name, of a process or thread; empty when it has ended."""
    with suppress(OSError):
        return (folder / "stat").read_text().rpartition(")")[2].split()
    return []


def reaped(pid: int) -> float:
    """Seconds of user and system time of the children that a process has waited for."""
    fields = stat(PROC / str(pid))
    return sum(map(int, fields[13:15])) / TICKS


def pss(pid: int) -> int:
    """Bytes; 0 for a process that has ended."""
    with suppress(OSError):
        found = PSS.search((PROC / str(pid) / "smaps_rollup").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def threads_of(pid: int) -> Iterable[int]:
    """Ids of a process's threads."""
    with suppress(OSError):
        return [int(task.name) for task in (PROC / str(pid) / "task").iterdir()]
    return []


def worked(thread: int) -> int:
    """Nanoseconds on a core."""
    return schedule(thread)[0]


def waited(thread: int) -> float:
    """Seconds that a thread could have run and had no core."""
    return schedule(thread)[1] / 1e9


def schedule(thread: int) -> tuple[int, int]:
    """Nanoseconds on a core and in its queue."""
    with suppress(OSError):
        fields = (PROC / str(thread) / "schedstat").read_text().split()
        return int(fields[0]), int(fields[1])
    return 0, 0
