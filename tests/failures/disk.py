"""A disk that is full when a test says so."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from loom.threads.store import ThreadStore

SIZE = "4m"


class Disk(Protocol):
    """Where a test keeps its database."""

    path: Path

    async def fill(self, store: ThreadStore) -> None:
        """Leave no room."""
        ...

    async def free(self, store: ThreadStore) -> None:
        """Make room again."""
        ...


class SmallDisk:
    """A file system of a few megabytes, filled by a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    async def fill(self, store: ThreadStore) -> None:
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4_096))

    async def free(self, store: ThreadStore) -> None:
        self._ballast.unlink()


class Quota:
    """Where nothing may be mounted: SQLite's own limit on the database, which fails alike."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def fill(self, store: ThreadStore) -> None:
        await self._allow(store, 1)

    async def free(self, store: ThreadStore) -> None:
        await self._allow(store, 1_000_000)

    async def _allow(self, store: ThreadStore, pages: int) -> None:
        limit = f"PRAGMA max_page_count = {pages}"
        await store.writer.run(lambda connection: connection.execute(limit).fetchall())


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A real small file system where this process may mount one, else a Quota."""
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.getuid() or not mount or not umount or not _is_mounted(mount, folder):
        yield Quota(folder)
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run([umount, folder], check=True)


def _is_mounted(mount: str, folder: Path) -> bool:
    command = [mount, "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes; writing there fails as on a quota."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
