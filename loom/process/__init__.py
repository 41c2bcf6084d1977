"""Child processes: output as it comes, no process left behind, keys out of reach.

A command runs in a session of its own with stdin closed. Its end, a time-out and a cancellation
all end its whole family: the process group, every descendant, and what escaped from both (Linux).

capture   what is kept of a stream
command   a running command
family    finding and ending what a command started
memory    keeping others out of this process's memory
"""

from loom.process.capture import Capture
from loom.process.command import Process, start
from loom.process.memory import make_undumpable

__all__ = ["Capture", "Process", "make_undumpable", "start"]
