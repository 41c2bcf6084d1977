"""What the server costs until it serves: CPU time, memory, and which SDKs it imported."""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from bench.proxies.contestants import SERVE, TOKEN
from bench.proxies.processes import cpu, memory, port, started

SDKS = ("anthropic", "openai", "google.genai", "google.cloud", "vertexai")
FOUND = "SDKs:"
LISTED = f"""
import signal, sys
def tell(*_):
    print({FOUND!r}, *(name for name in {SDKS} if name in sys.modules), flush=True)
signal.signal(signal.SIGUSR1, tell)
"""


@dataclass(frozen=True)
class Ready:
    """CPU seconds and megabytes at the moment that the address is printed; SDKs by name."""

    cpu_seconds: float
    memory_mb: float
    sdks: tuple[str, ...] = ()


def ready(lists_sdks: bool = False) -> Ready:
    """Starts a server once."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"LOOM_SERVER_TOKEN": TOKEN, "LOOM_SERVER_PORT": "0", "HOME": home}
        program = (LISTED if lists_sdks else "") + SERVE
        environment |= {"LANG": os.environ.get("LANG", "C.UTF-8")}
        with started([sys.executable, "-c", program], environment) as process:
            port(process)
            spent, taken = cpu(process.pid), memory(process.pid)
            return Ready(spent, taken, sdks(process) if lists_sdks else ())


def sdks(process: subprocess.Popen[str]) -> tuple[str, ...]:
    """What a server that listens has imported. Raises ChildProcessError when it ends instead."""
    assert process.stdout is not None
    process.send_signal(signal.SIGUSR1)
    for line in iter(process.stdout.readline, ""):
        if line.startswith(FOUND):
            return tuple(line.split()[1:])
    raise ChildProcessError("the server ended before it said which SDKs it imported")
