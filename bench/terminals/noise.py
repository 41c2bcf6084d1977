"""How late this machine wakes a sleeping process: what no program's latency can be below."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

NAP = 0.005


@contextmanager
def noise() -> Iterator[list[float]]:
    """While it is entered another process naps; then the list holds its oversleeping in ms."""
    late: list[float] = []
    process = subprocess.Popen([sys.executable, str(Path(__file__))], stdout=subprocess.PIPE)
    try:
        yield late
    finally:
        process.terminate()
        output, _ = process.communicate()
        late += map(float, output.split())


def nap() -> None:
    """Naps until it is terminated, and prints by how many ms each nap was too long."""
    late: list[float] = []

    def end(number: int, frame: FrameType | None) -> None:
        print(*late)
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    while True:
        began = time.perf_counter()
        time.sleep(NAP)
        late.append(round((time.perf_counter() - began - NAP) * 1000, 3))


if __name__ == "__main__":
    nap()
