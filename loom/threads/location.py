"""Where the user's database is."""

from collections.abc import Mapping
from pathlib import Path


def database(environment: Mapping[str, str]) -> Path:
    """`$XDG_DATA_HOME/loom/loom.db`; a relative XDG path is ignored.

    Source: XDG Base Directory Specification 0.8.
    """
    data = Path(environment.get("XDG_DATA_HOME", ""))
    if not data.is_absolute():
        data = Path(environment.get("HOME") or Path.home()) / ".local" / "share"
    return data / "loom" / "loom.db"
