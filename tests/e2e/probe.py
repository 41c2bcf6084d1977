"""Looks for keys wherever a command can look; run by the agent's own `bash`, with bare Python.

    python3 probe.py FOLDER...

Prints `NAME found TEXT` for every key it sees, `NAME reached PATH` for every socket that answers,
and `NAME done` when a search has ended. A key looks like `sk-e2e-…`; this text holds none.
"""

import glob
import os
import re
import socket
import sys
import tempfile

KEY = re.compile(rb"sk-e2e-[a-z]+-[0-9a-f]{16}")
CHUNK = 1 << 20
SKIPPED = ("/proc", "/sys", "/dev", "/usr", "/lib", "/opt", "/nix", "/snap", "/boot")


def tell(name, data):
    for found in sorted(set(KEY.findall(data))):
        print(name, "found", found.decode(), flush=True)


def environment(folders):
    for name, value in os.environb.items():
        tell("environment", name + b"=" + value)


def environ_files(folders):
    for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        tell("environ", read(path))


def memory(folders):
    for maps in glob.glob("/proc/[0-9]*/maps"):
        for line in read(maps).decode(errors="replace").splitlines():
            span, access = line.split()[:2]
            if "r" in access and not line.endswith(("[vvar]", "[vsyscall]")):
                search(maps.replace("maps", "mem"), *(int(end, 16) for end in span.split("-")))


def search(path, start, end):
    try:
        with open(path, "rb", 0) as file:
            file.seek(start)
            while start < end and (data := file.read(min(CHUNK, end - start))):
                tell("memory", data)
                start += len(data)
    except (OSError, ValueError, OverflowError):
        return


def files(folders):
    for folder in folders:
        for path in below(folder):
            if os.path.isfile(path):
                tell("files", read(path))


def sockets(folders):
    own = os.path.join(tempfile.mkdtemp(), "own.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(own)
        listener.listen()
        for path in below(*folders, "/tmp", "/run", "/var/run", "/var/tmp"):
            # The command's /tmp has another name outside, where it may be seen too.
            connect(path, "own" if path.endswith(own.removeprefix("/tmp")) else path)
        for line in read("/proc/net/unix").decode(errors="replace").splitlines():
            if line.split()[-1].startswith("@"):
                connect("\0" + line.split()[-1][1:], line.split()[-1])


def connect(path, name):
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(1)
        try:
            caller.connect(path)
        except OSError:
            return
        print("sockets reached", name, flush=True)


def below(*folders):
    for folder in folders:
        for base, inner, names in os.walk(folder):
            inner[:] = [name for name in inner if os.path.join(base, name) not in SKIPPED]
            yield from (os.path.join(base, name) for name in names)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(8 * CHUNK)
    except OSError:
        return b""


for probe in (environment, environ_files, memory, files, sockets):
    probe(sys.argv[1:])
    print(probe.__name__, "done", flush=True)
