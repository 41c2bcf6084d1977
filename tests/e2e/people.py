"""Two real accounts of this machine, made for a test alone, and a Loom that both can run."""

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import loom


@dataclass(frozen=True)
class Person:
    """An account; all share `temporary`, which is sticky as /tmp is.

    Attributes:
        python: an interpreter that the account can run, with what it `needs`.
    """

    name: str
    uid: int
    home: Path
    temporary: Path
    python: Path
    needs: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.temporary),
            # Scripts of fake models count the questions.
            "LOOM_TITLE__MODEL": "off",
            **self.needs,
        }

    @property
    def folder(self) -> Path:
        """Where this person's daemon listens."""
        return self.temporary / f"loom-{self.uid}"

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """This person's interpreter as this person, without a terminal."""
        return subprocess.Popen(
            [self.python, *words],
            env={**self.environment, **more},
            cwd="/",
            user=self.uid,
            group=self.uid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """To its end, or until it is killed: a test that is ended by force leaves its accounts."""
        with self.start(*words, **more) as process:
            try:
                out, err = process.communicate(timeout=25)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def loom(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`loom` with these words."""
        return self.run("-m", "loom", *words, **more)


@contextmanager
def accounts(shared: Path, *given: str) -> Iterator[list[Person]]:
    """People whose homes others may enter; everything of theirs is ended and removed after."""
    shared.chmod(0o755)
    (shared / "tmp").mkdir()
    (shared / "tmp").chmod(0o1777)
    python, needs = _interpreter(shared)
    names = [f"loom-{secrets.token_hex(3)}-{each}" for each in given]
    try:
        for name in names:
            _add(name, shared / name)
        found = [pwd.getpwnam(name) for name in names]
        yield [
            Person(each.pw_name, each.pw_uid, Path(each.pw_dir), shared / "tmp", python, needs)
            for each in found
        ]
    finally:
        for name in names:
            _remove(name)


def _add(name: str, home: Path) -> None:
    """No password is this one's, which to sshd is not the same as a locked account."""
    words = ["useradd", "-U", "-M", "-d", str(home), "-s", "/bin/sh", "-p", "*", name]
    _alone(words)
    account = pwd.getpwnam(name)
    home.mkdir(mode=0o755)
    os.chown(home, account.pw_uid, account.pw_gid)


def _remove(name: str) -> None:
    with suppress(KeyError):
        end_all(pwd.getpwnam(name).pw_uid)
        _alone(["userdel", "-f", name])


def _alone(words: list[str]) -> None:
    """One at a time: useradd gives up at once where another one holds its lock."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    accounts_folder = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(accounts_folder, fcntl.LOCK_EX)
        subprocess.run(words, env={"PATH": path}, check=True, capture_output=True)
    finally:
        os.close(accounts_folder)


def end_all(uid: int) -> None:
    """Kills what the account runs."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # Not by the folder's owner: that is root's for a process that cannot be dumped.
            if f"\nUid:\t{uid}\t" in (process / "status").read_text():
                os.kill(int(process.name), signal.SIGKILL)


def _interpreter(shared: Path) -> tuple[Path, dict[str, str]]:
    """This one, or a copy where others cannot reach it, and the variables that it needs."""
    base = _lent(Path(sys.base_prefix), shared / "python", "site-packages", "test")
    packages = _lent(Path(sysconfig.get_path("purelib")), shared / "packages")
    source = _lent(Path(loom.__file__).parent, shared / "source/loom").parent
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return base / "bin" / name, {
        "PYTHONPATH": f"{packages}:{source}",
        "LD_LIBRARY_PATH": str(base / "lib"),
    }


def _lent(path: Path, copy: Path, *without: str) -> Path:
    """`path`, or its copy where other people cannot enter it."""
    way = [path, *path.parents]
    if all(stat.S_IMODE(each.stat().st_mode) & 0o001 for each in way):
        return path
    ignored = shutil.ignore_patterns(*without)
    shutil.copytree(path, copy, symlinks=True, ignore=ignored, copy_function=_linked)
    return copy


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
