"""Which process writes a live thread, so that two never do.

A lease is a lock file that the kernel frees when its holder dies, however it dies: there is no
stale lease, and no question of whose pid it is. The file says who holds it, for `loom attach`.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from loom.core import codec
from loom.core.errors import CodecError, StoreError

PATIENCE = 1.0


class Holder(Struct, frozen=True, omit_defaults=True):
    """A process that holds a lease: `started_at` in Unix ms, `socket` where its host listens."""

    pid: int
    started_at: int = 0
    socket: str = ""


def holders(folder: Path, thread_id: str = "*") -> list[Holder]:
    """Who says in `folder` that it holds a lease; the dead among them are not told apart."""
    try:
        found = [_decoded(path.read_bytes()) for path in folder.glob(f"{thread_id}.lock")]
    except OSError:
        return []
    return [holder for holder in found if holder is not None]


class Lease:
    """The answer to asking for a lease: `holder` has it now, and `is_ours` if that is the asker."""

    def __init__(self, holder: Holder, path: Path, descriptor: int | None) -> None:
        self.holder = holder
        self._path = path
        self._descriptor = descriptor

    @property
    def is_ours(self) -> bool:
        """Whether the asker may write the thread."""
        return self._descriptor is not None

    def release(self) -> None:
        """Let the next one have it; does nothing when it is not ours."""
        if self._descriptor is not None:
            # Removed while it is still locked, so that nobody locks a file that is about to go.
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def take(path: Path, holder: Holder) -> Lease:
    """The lease at `path`, if it is free; else who has it.

    Raises:
        StoreError: the lock file cannot be made, or is held by something that never says its name.
    """
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        for descriptor in _descriptors(path):
            if (lease := _answer(descriptor, path, holder)) is not None:
                return lease
    except OSError as error:
        raise StoreError(f"cannot take the lease {path}: {error.strerror}") from error
    raise StoreError(f"{path} is held by a process that does not say which it is")


async def take_aside(path: Path, holder: Holder) -> Lease:
    """As `take`, by a worker. Cancelled, it leaves no lease behind."""
    asked = asyncio.ensure_future(asyncio.to_thread(take, path, holder))
    try:
        return await asyncio.shield(asked)
    except asyncio.CancelledError:
        asked.add_done_callback(_release)
        raise


def _release(asked: "asyncio.Future[Lease]") -> None:
    if not asked.cancelled() and asked.exception() is None:
        asked.result().release()


def _answer(descriptor: int, path: Path, holder: Holder) -> Lease | None:
    """The lease, ours or not; None when the file is changing hands, and is closed then."""
    if not _is_locked(descriptor):
        other = _holder(descriptor)
        os.close(descriptor)
        return Lease(other, path, None) if other else None
    if not _is_at(descriptor, path):
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, codec.encode(holder), 0)
    return Lease(holder, path, descriptor)


def _descriptors(path: Path) -> Iterator[int]:
    """The file opened anew each time: between opening and locking, its holder may remove it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        time.sleep(0.002)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> Holder | None:
    return _decoded(os.pread(descriptor, 65_536, 0))


def _decoded(content: bytes) -> Holder | None:
    """Who wrote its name; None while the file is empty, because it changes hands."""
    try:
        found: Holder = codec.decode(content, Holder)
    except CodecError:
        return None
    return found
