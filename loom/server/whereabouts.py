"""Where the server that runs on this machine listens, for its operator's commands.

It may have been started with flags that no setting knows. The file lies beside the server's token
and is only its owner's; one that a killed server left behind is not believed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from loom.core.errors import ConfigError


class Whereabouts(Struct, frozen=True):
    """The process that listens at `url`, as it says it, and the certificate file it shows there."""

    url: str
    pid: int
    certificate: str = ""


@contextmanager
def told(path: Path, url: str, certificate: Path | None) -> Iterator[None]:
    """The file at `path` says so, until the server ends. Raises ConfigError."""
    here = Whereabouts(url, os.getpid(), str(certificate.absolute()) if certificate else "")
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(here))
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            if _read(path) == here:
                path.unlink()


def running(path: Path) -> Whereabouts | None:
    """Of the server that runs; None when the file names none that is alive."""
    found = _read(path)
    if found is None:
        return None
    try:
        os.kill(found.pid, 0)
    except (ProcessLookupError, PermissionError):
        return None
    return found


def _read(path: Path) -> Whereabouts | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Whereabouts)
    except (OSError, msgspec.MsgspecError):
        return None
