"""Confinement of child processes: bubblewrap where it works, a plain statement where not.

base         what a sandbox is, and the one that confines nothing
bubblewrap   Linux: namespaces and mounts by `bwrap`
credentials  which files hold keys
find         which sandbox works here
"""

from loom.sandbox.base import NoSandbox, Sandbox
from loom.sandbox.bubblewrap import Bubblewrap
from loom.sandbox.find import find_sandbox

__all__ = ["Bubblewrap", "NoSandbox", "Sandbox", "find_sandbox"]
