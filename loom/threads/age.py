"""Whether an older Loom wrote a store, from its first bytes: cheap enough for every start."""

from pathlib import Path

FOLDER = Path(__file__).parent / "migrations"

_MAGIC = b"SQLite format 3\0"
_VERSION = slice(60, 64)
"""Where `user_version` is in a database's header (SQLite's file format, §1.3)."""


def is_older(path: Path) -> bool:
    """Whether opening the store at `path` migrates it; perhaps only what is not yet written back.

    For a process that has no connection to it: closing the file drops SQLite's locks on it.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError:
        return False
    version = int.from_bytes(header[_VERSION], "big")
    latest = sum(file.suffix == ".sql" for file in FOLDER.iterdir())
    return header.startswith(_MAGIC) and 0 < version < latest
