"""`[storage]`: how long a team's server keeps what, and how much."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from loom.server.settings import Settings

MAX_DAYS = 36_500


class StorageSettings(Struct, frozen=True):
    """What has an end; 0 is none.

    Attributes:
        deleted_days: what was deleted or taken back of a thread is erased after so many days.
        usage_days: single requests to models are forgotten after so many days; the days' sums stay.
    """

    deleted_days: int = 30
    usage_days: int = 400


def read_storage(tree: Mapping[str, Any], environment: Mapping[str, str]) -> StorageSettings:
    """The settings. Raises ConfigError naming the one that is wrong."""
    table = Settings.of(tree, "storage", environment, "LOOM_SERVER_STORAGE_")
    settings = StorageSettings(
        deleted_days=table.integer("deleted_days", 30, 0, MAX_DAYS),
        usage_days=table.integer("usage_days", 400, 0, MAX_DAYS),
    )
    table.refuse_unknown()
    return settings
