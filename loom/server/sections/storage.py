"""`[storage]`: how long a team's server keeps what, and how much."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from loom.server.settings import Settings

MAX_DAYS = 36_500
GIBIBYTE = 1024**3
MAX_BYTES = 1024**6


class StorageSettings(Struct, frozen=True):
    """What has an end; 0 is none.

    Attributes:
        deleted_days: what was deleted or taken back of a thread is erased after so many days.
        max_bytes_per_user: of threads and images; a write beyond it is refused.
        usage_days: single requests to models are forgotten after so many days; the days' sums stay.
    """

    deleted_days: int = 30
    max_bytes_per_user: int = 5 * GIBIBYTE
    usage_days: int = 400


def read_storage(tree: Mapping[str, Any], environment: Mapping[str, str]) -> StorageSettings:
    """The settings. Raises ConfigError naming the one that is wrong."""
    table = Settings.of(tree, "storage", environment, "LOOM_SERVER_STORAGE_")
    settings = StorageSettings(
        deleted_days=table.integer("deleted_days", 30, 0, MAX_DAYS),
        max_bytes_per_user=table.integer("max_bytes_per_user", 5 * GIBIBYTE, 0, MAX_BYTES),
        usage_days=table.integer("usage_days", 400, 0, MAX_DAYS),
    )
    table.refuse_unknown()
    return settings
