"""A real sshd of the test's own on loopback, and the words of the real ssh that goes there."""

import asyncio
import os
import pwd
import shlex
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

SBIN = "/usr/sbin:/usr/local/sbin:/sbin"
PRIVILEGE_SEPARATION = Path("/run/sshd")
"""sshd, run as root, does not start without it."""

# PAM would have its say about accounts and sessions of the machine, which are not tested here.
_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/person.pub
StrictModes no
PidFile none
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
MaxStartups 100
AcceptEnv COLORTERM
"""

_OPTIONS = (
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "IdentitiesOnly=yes",
    "SendEnv=COLORTERM",
)


class Sshd:
    """Lets in whoever has the key in `folder`, as any account that the process may become."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    @classmethod
    @asynccontextmanager
    async def run(cls, folder: Path) -> AsyncIterator["Sshd"]:
        """One that listens; those it let in are ended with it."""
        sshd = cls(folder, _free_port())
        sshd._prepare()
        words = [_program(), "-D", "-e", "-f", str(folder / "config")]
        with (folder / "log").open("w") as log:
            process = await asyncio.create_subprocess_exec(*words, stderr=log)
        try:
            await sshd._listens(process)
            yield sshd
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    def argv(self, command: str, *, port: int = 0, user: str = "") -> list[str]:
        """The client that runs `command` there in a terminal; `port` may be a relay's."""
        options = [word for option in _OPTIONS for word in ("-o", option)]
        name = user or pwd.getpwuid(os.getuid()).pw_name
        where = ["-p", str(port or self.port), "-i", str(self.folder / "person")]
        return ["ssh", "-F", "/dev/null", *options, *where, "-tt", f"{name}@127.0.0.1", command]

    def _prepare(self) -> None:
        if os.getuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        for name in ("host", "person"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
            subprocess.run(words, check=True)
        (self.folder / "config").write_text(_CONFIG.format(port=self.port, folder=self.folder))

    async def _listens(self, process: asyncio.subprocess.Process) -> None:
        async with asyncio.timeout(20):
            while process.returncode is None:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())


def command(folder: Path, variables: Mapping[str, str], argv: Sequence[str]) -> str:
    """A shell's line that runs `argv` in `folder`, with what sshd set and `variables`."""
    told = [f"{name}={value}" for name, value in variables.items()]
    return f"cd {shlex.quote(str(folder))} && exec {shlex.join(['env', *told, *argv])}"


def _program() -> str:
    """sshd wants to be called by its whole path."""
    found = shutil.which("sshd", path=f"{os.environ['PATH']}:{SBIN}")
    assert found, "sshd is missing: apt install openssh-server"
    return found


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
