"""Where the user's database is."""

from collections.abc import Mapping
from pathlib import Path

from loom.directories import data_directory


def database(environment: Mapping[str, str]) -> Path:
    """`loom.db` in the user's data folder, `$XDG_DATA_HOME/loom`."""
    return data_directory(environment) / "loom.db"
