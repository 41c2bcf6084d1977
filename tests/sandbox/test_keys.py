"""From inside the sandbox no file, socket or /proc entry yields a key."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom.sandbox import NoSandbox, Sandbox, find_sandbox
from tests.sandbox.conftest import ENVIRONMENT

INTRUDER = Path(__file__).with_name("intruder.py")
PATTERN = "sk-loom-[0-9a-f]{32}"

# Like Loom: keys in its environment and its memory, and a socket that answers with one.
HOLDER = """
import os, socket, sys
held = "sk-loom-" + os.environ["SERVER_KEY"][8:]
with socket.socket(socket.AF_UNIX) as server:
    server.bind(sys.argv[1])
    server.listen()
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        connection.sendall(held.encode())
        connection.close()
"""


@pytest.fixture
def key_file(home: Path) -> Path:
    path = home / "key"
    path.write_text("sk-loom-" + secrets.token_hex(16))
    return path


@pytest.fixture
def holder(home: Path, key_file: Path) -> Iterator[int]:
    (home / "run").mkdir()
    # Relative, for the path of a socket may not be long.
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, "run/s"],
        cwd=home,
        env=ENVIRONMENT | {"SERVER_KEY": key_file.read_text()},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.kill()


def intrude(sandbox: Sandbox, workspace: Path, key_file: Path, *pids: int) -> list[str]:
    script = workspace / "intruder.py"
    script.write_text(INTRUDER.read_text())
    command = [sys.executable, str(script), PATTERN, str(key_file), "../run/s", *map(str, pids)]
    argv = sandbox.wrap(command, workspace, workspace, ENVIRONMENT)
    done = subprocess.run(argv, cwd=workspace, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_no_way_leads_to_a_key_from_inside(
    home: Path, workspace: Path, key_file: Path, holder: int
) -> None:
    environment = ENVIRONMENT | {"ANTHROPIC_API_KEY_FILE": str(key_file)}
    for has_network in (True, False):
        sandbox = find_sandbox(
            home, [home / "run"], environment=environment, has_network=has_network
        )
        assert sandbox.is_confining
        assert intrude(sandbox, workspace, key_file) == []
        assert intrude(sandbox, workspace, key_file, holder) == []


def test_every_one_of_these_ways_leads_there_without_sandbox(
    workspace: Path, key_file: Path, holder: int
) -> None:
    found = set(intrude(NoSandbox("none"), workspace, key_file, holder))
    assert found >= {"environ", "file", "socket"}
    # Some kernels let nobody but root and parents attach to a process (Yama).
    assert os.getuid() != 0 or "memory" in found


def test_sandbox_itself_carries_no_key_in(sandbox: Sandbox, workspace: Path) -> None:
    argv = sandbox.wrap(["cat", "/proc/1/environ"], workspace, workspace, ENVIRONMENT)
    seen = subprocess.run(argv, env=ENVIRONMENT, capture_output=True, cwd=workspace).stdout
    names = {line.partition(b"=")[0].decode() for line in seen.split(b"\0") if line}
    assert names <= set(ENVIRONMENT) | {"PWD"}
    assert os.environ.keys() - names
