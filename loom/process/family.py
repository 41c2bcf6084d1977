"""Finding and ending the processes that a command started, wherever they moved.

`/proc` is read where there is one. Descendants are found by their parents; what escaped by `setsid`
and a double fork, by the mark that it inherited in its environment.
"""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "LOOM_COMMAND"
"""The variable by which a command's processes are told from all others."""

_PROC = Path("/proc")


def terminate(leader: int, is_wrapped: bool) -> None:
    """Ask the family of `leader` to end; a sandbox around it is spared, as its end kills all."""
    family = _family(leader)
    if is_wrapped and len(family) > 1:
        family = family[1:]
    else:
        _signal_group(leader, signal.SIGTERM)
    for pid in family:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)


def kill(leader: int, mark: str) -> bool:
    """Kill the group of `leader` and every process with `mark`; whether one had it.

    A group answers even when only zombies are left in it, so it does not count.
    """
    _signal_group(leader, signal.SIGKILL)
    marked = list(_marked(mark))
    for pid in marked:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return bool(marked)


def _signal_group(leader: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _marked(mark: str) -> Iterator[int]:
    """Processes that inherited `mark`, wherever they moved; none where there is no /proc."""
    needle = f"{MARK}={mark}".encode()
    for process in _PROC.glob("[0-9]*"):
        # Most are another user's, and any may end while it is looked at.
        with suppress(OSError):
            if needle in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)


def _family(leader: int) -> list[int]:
    """`leader` and its descendants, parents first; only itself where there is no /proc."""
    children = defaultdict(list)
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            # The second field, the program's name, may itself hold spaces and brackets.
            parent = (process / "stat").read_bytes().rpartition(b")")[2].split()[1]
            children[int(parent)].append(int(process.name))
    family = [leader]
    for pid in family:
        family.extend(children[pid])
    return family
