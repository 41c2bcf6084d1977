"""Backups of a server's databases: made while it runs, checked before they are put back.

A backup is a folder: the databases, and `manifest.json` with each one's size and SHA-256. Each
database is a whole copy of one moment (SQLite's online backup); the moments of two may differ by
the seconds that the copying takes.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from loom import __version__
from loom.api.times import rfc3339
from loom.core.errors import NewerStore, StoreError
from loom.db import connect, migrations_in, translated
from loom.server.config import ServerConfig
from loom.server.database import MIGRATIONS
from loom.server.serving import alone
from loom.threads.store import MIGRATIONS as THREAD_MIGRATIONS

MANIFEST = "manifest.json"
_PIECES = ("", "-wal", "-shm")


class Copy(Struct, frozen=True):
    """One database of a backup; `schema` is its last migration."""

    name: str
    size: int
    sha256: str
    schema: int


class Manifest(Struct, frozen=True):
    """What a backup holds; `at` is RFC 3339."""

    at: str
    loom: str
    copies: tuple[Copy, ...]
    format: str = "loom-server-backup"


def databases(config: ServerConfig) -> Mapping[str, Path]:
    """The server's databases by the name that they have in a backup."""
    return {"server.db": config.db_path, "threads.db": config.threads_file}


def schemas() -> Mapping[str, int]:
    """The newest schema that this Loom knows, by database."""
    folders = {"server.db": MIGRATIONS, "threads.db": THREAD_MIGRATIONS}
    return {name: len(migrations_in(folder)) for name, folder in folders.items()}


def back_up(databases: Mapping[str, Path], target: Path, now_ms: int) -> Manifest:
    """Copies the databases that exist, by name, into the new folder `target`.

    Raises:
        StoreError: the folder exists, a database is damaged, or there is no room; then there is no
            folder `target`.
    """
    if target.exists():
        raise StoreError(f"{target} exists already", "Name a folder that does not.")
    draft = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700, parents=True)
        found = {name: path for name, path in databases.items() if path.exists()}
        copies = tuple(_copied(name, path, draft / name) for name, path in found.items())
        manifest = Manifest(rfc3339(now_ms), __version__, copies)
        (draft / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        draft.rename(target)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def checked(folder: Path, schemas: Mapping[str, int]) -> Manifest:
    """The backup's manifest, when the backup is whole and this Loom can read it.

    Args:
        schemas: the newest schema that this Loom knows, by database.

    Raises:
        NewerStore: a newer Loom made it.
        StoreError: it is no backup, or something in it is missing or was changed.
    """
    manifest = _manifest(folder)
    for copy in manifest.copies:
        if copy.name not in schemas:
            raise StoreError(f"{folder} holds {copy.name}, which this Loom does not know")
        if copy.schema > schemas[copy.name]:
            raise NewerStore(f"{folder} was made by a newer Loom ({manifest.loom})", "Update Loom.")
        if _sum(folder / copy.name) != copy.sha256:
            raise StoreError(f"{folder / copy.name} is not what was backed up: it was changed")
        _require_sound(folder / copy.name)
    return manifest


def restore(
    folder: Path, databases: Mapping[str, Path], schemas: Mapping[str, int], now_ms: int
) -> tuple[Path, ...]:
    """Puts a backup in the place of the databases; what was there is moved aside.

    Returns:
        Where the databases that were there are now.

    Raises:
        StoreError: as `checked`, a server runs on one of them, or there is no room.
    """
    manifest = checked(folder, schemas)
    kept: list[Path] = []
    for copy in manifest.copies:
        path = databases[copy.name]
        with alone(path):
            kept += _replaced(folder / copy.name, path, f".before-{now_ms}")
    return tuple(kept)


def _copied(name: str, source: Path, target: Path) -> Copy:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with translated(target):
        with (
            closing(connect(source, is_read_only=True)) as reader,
            closing(sqlite3.connect(target)) as copy,
        ):
            reader.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            schema = int(copy.execute("PRAGMA user_version").fetchone()[0])
        _require_sound(target)
    return Copy(name, target.stat().st_size, _sum(target), schema)


def _require_sound(path: Path) -> None:
    with translated(path), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise StoreError(f"{path} is damaged: {said}")


def _replaced(source: Path, path: Path, suffix: str) -> list[Path]:
    """`source` in the place of `path`, whole or not at all; where the old files went."""
    draft = path.with_name(f"{path.name}.restoring")
    try:
        shutil.copyfile(source, draft)
        draft.chmod(0o600)
        kept = [path.with_name(path.name + suffix)] if path.exists() else []
        for piece in _PIECES:
            with suppress(FileNotFoundError):
                path.with_name(path.name + piece).rename(path.with_name(path.name + suffix + piece))
        draft.rename(path)
    except OSError as error:
        raise StoreError(f"cannot restore {path}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    return kept


def _manifest(folder: Path) -> Manifest:
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise StoreError(
            f"{folder} is no backup: it has no {MANIFEST}", "Name the folder that backup made."
        ) from error
    except msgspec.MsgspecError as error:
        raise StoreError(f"{folder / MANIFEST} cannot be read: {error}") from error


def _sum(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
