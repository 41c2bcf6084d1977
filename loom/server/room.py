"""Room on the disk that holds the databases: when it is out, nothing more is kept."""

import shutil
from pathlib import Path

from loom.api.health import Component

LITTLE = 512 * 1024 * 1024
"""Bytes below which it is time to do something."""


def room(folder: Path, little: int = LITTLE) -> Component:
    """Healthy with enough room; degraded with little, which is said."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Component("degraded", error=f"cannot look at {folder}: {error.strerror}")
    if free < little:
        return Component("degraded", error=f"{free // (1024 * 1024)} MiB are free in {folder}")
    return Component("healthy")
