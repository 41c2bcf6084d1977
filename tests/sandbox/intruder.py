"""Looks everywhere for keys and prints where it found one. Arguments: PATTERN FILE SOCKET [PID]."""

import glob
import re
import socket
import sys
from pathlib import Path

pattern, key_file, address, *pids = sys.argv[1:]
key = re.compile(pattern.encode())
processes = [f"/proc/{pid}" for pid in pids] or glob.glob("/proc/[0-9]*")


def memory(process: str) -> bytes:
    found = b""
    with Path(process, "mem").open("rb", buffering=0) as file:
        for line in Path(process, "maps").read_text().splitlines():
            bounds, access = line.split()[:2]
            start, end = (int(bound, 16) for bound in bounds.split("-"))
            if access.startswith("rw") and end - start < 64 * 1024 * 1024:
                try:
                    file.seek(start)
                    found += b"".join(key.findall(file.read(end - start)))
                except (OSError, ValueError, OverflowError):
                    continue
    return found


def told(_: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(5)
        door.connect(address)
        return door.recv(1000)


ATTEMPTS = {
    "environ": lambda process: Path(process, "environ").read_bytes(),
    "memory": memory,
    "file": lambda _: Path(key_file).read_bytes(),
    "socket": told,
}
for name, attempt in ATTEMPTS.items():
    for process in processes:
        try:
            if key.search(attempt(process)):
                print(name)
                break
        except OSError:
            continue
