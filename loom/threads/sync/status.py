"""What waits to be sent, why, and what a person has to know: asked of the machine alone."""

import sqlite3

from msgspec import Struct

from loom.threads.sync import state
from loom.threads.sync.state import Notice


class Refused(Struct, frozen=True):
    """A thread that the server would not take as it is."""

    id: str
    message: str
    hint: str


class Status(Struct, frozen=True):
    """How one account stands. `waiting` and `behind` are thread ids, `synced_at` is Unix ms.

    `private` counts threads that never leave, `anothers` those of other accounts.
    """

    server_url: str
    synced_at: int = 0
    waiting: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    private: int = 0
    anothers: int = 0
    error: str = ""
    hint: str = ""


def status(connection: sqlite3.Connection, server_url: str) -> Status:
    """The account that was last in step with `server_url`; an empty one before the first time."""
    row = connection.execute(
        "SELECT account, synced_at, error, hint FROM sync_accounts"
        " WHERE substr(account, 1, ?) = ? ORDER BY synced_at DESC LIMIT 1",
        (len(server_url) + 1, f"{server_url} "),
    ).fetchone()
    account, synced_at, error, hint = row or ("", 0, "", "")
    return Status(
        server_url,
        synced_at,
        state.pending(connection, account),
        state.behind(connection, account),
        refused(connection),
        _count(connection, "SELECT count(*) FROM threads WHERE is_private AND deleted_at IS NULL"),
        _count(connection, "SELECT count(*) FROM synced WHERE account <> ?", account),
        error,
        hint,
    )


def told(notice: Notice) -> tuple[str, str]:
    """A notice in words, and what to do about it."""
    if notice.kind == "conflict":
        words = f"{notice.thread} was changed on two machines; both versions are kept."
        return words, f"What was here is {notice.fork}: loom resume {notice.fork}"
    if notice.kind == "withdrawn":
        words = f"{notice.thread} is private now: its copy on the server was deleted."
        return words, "Your other machines hide it too."
    if notice.kind == "full":
        words = "The server has no more room for your threads: what is new stays on this machine."
        return words, "Delete what you do not need (loom delete), or ask an admin for more room."
    words = f"{notice.thread} was deleted on one machine and went on on another; it is kept."
    return words, f"Delete it again if you do not need it: {notice.thread}"


def refused(connection: sqlite3.Connection) -> tuple[Refused, ...]:
    """What the server would not take and has not changed since."""
    rows = connection.execute(
        "SELECT threads.id, message, hint FROM sync_refusals AS refused"
        " JOIN threads ON threads.key = refused.thread WHERE refused.version = threads.version"
    )
    return tuple(Refused(*row) for row in rows)


def _count(connection: sqlite3.Connection, query: str, *parameters: str) -> int:
    return int(connection.execute(query, parameters).fetchone()[0])
