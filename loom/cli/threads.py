"""What the commands over stored threads share."""

import os
from collections.abc import Mapping
from pathlib import Path

from loom.cli.upkeep import telling
from loom.config import load
from loom.core.errors import ThreadNotFound
from loom.core.messages import Thread
from loom.threads.location import database
from loom.threads.store import ThreadStore


def open_store(environment: Mapping[str, str]) -> ThreadStore:
    """The user's store; who waits for it to be brought up to date is told. Raises StoreError."""
    path = database(environment)
    with telling(path) as told:
        return ThreadStore.open(path, told=told)


async def named(store: ThreadStore, prefix: str) -> Thread:
    """The thread that is printed or written; one that only a server has is told how to be had.

    Raises:
        ThreadNotFound: none or several begin with `prefix`.
    """
    try:
        return await store.find(prefix)
    except ThreadNotFound as error:
        if not load(os.environ, Path().resolve()).settings.server_url:
            raise
        hint = f"{error.hint} loom resume fetches one that your team's server has."
        raise ThreadNotFound(error.message, hint) from error


async def set_private(store: ThreadStore, prefix: str, is_private: bool = True) -> Thread:
    """Mark the thread that `prefix` names as one that never leaves this machine, or unmark it.

    Raises:
        ThreadNotFound: none or several begin with `prefix`.
    """
    thread = await store.find(prefix)
    return await store.update(thread.id, is_private=is_private)


def here() -> str:
    """The workspace of a command that names none: the current folder, resolved."""
    return str(Path.cwd().resolve())
