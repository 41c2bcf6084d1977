"""SQL of titles that a model makes: asked for once, and never in place of a person's."""

import sqlite3

from loom.core.messages import Thread
from loom.threads import writing


def claim(connection: sqlite3.Connection, thread_id: str) -> bool:
    """Whether nobody has asked for this thread's title before; from now on somebody has."""
    cursor = connection.execute(
        "UPDATE threads SET is_title_asked = 1 WHERE id = ? AND is_title_asked = 0", (thread_id,)
    )
    return cursor.rowcount > 0


def settle(
    connection: sqlite3.Connection, thread_id: str, before: str, title: str
) -> Thread | None:
    """The thread with its new title; None when it is no longer called `before`."""
    query = "SELECT 1 FROM threads WHERE id = ? AND title = ? AND deleted_at IS NULL"
    if connection.execute(query, (thread_id, before)).fetchone() is None:
        return None
    return writing.update(connection, thread_id, {"title": title})
