"""Ids of what the server keeps: UUIDv7, sortable by the time they were made."""

import os

from loom.core.ids import uuid7


def new_id(now_ms: int) -> str:
    """A fresh id."""
    return uuid7(now_ms, os.urandom(10))
