"""The end of a thread, read before anything else is there: no store, no migration, no writer."""

import logging
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from loom.core import history
from loom.core.errors import LoomError
from loom.core.messages import Message, Thread
from loom.db import connect, translated
from loom.threads import reading

ENTRIES = 60
"""More than a large screen shows, and read in a few milliseconds."""

_LOOKED_AT = 200


class Glimpse(NamedTuple):
    """A thread and its last messages."""

    thread: Thread
    messages: tuple[Message, ...]


def glimpse(path: Path, workspace: Path, prefix: str) -> Glimpse | None:
    """Of the thread that `prefix` names, or else of the last one of the workspace.

    None where nothing can be read: whoever opens the thread says why.
    """
    if not path.exists():
        return None
    try:
        with translated(path), closing(connect(path, is_read_only=True)) as connection:
            thread = reading.find(connection, prefix) if prefix else None
            if thread is None:
                recent = reading.threads(connection, str(workspace), _LOOKED_AT, False, None)
                thread = last_spoken(recent)
            if thread is None:
                return None
            last = reading.last_entries(connection, thread.id, ENTRIES)
            return Glimpse(thread, history.visible(last))
    except LoomError as error:
        logging.getLogger(__name__).info("no glimpse of %s: %s", prefix or workspace, error.message)
        return None


def last_spoken(recent: tuple[Thread, ...]) -> Thread | None:
    """The first of them in which something was said.

    A Loom that was opened and left leaves a thread without a word behind: nothing to resume.
    """
    return next((thread for thread in recent if thread.message_count), None)
