"""What the server had when both were last the same, and what waits: SQL of one machine's sync."""

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from loom.core import codec
from loom.core.messages import Thread
from loom.threads import reading

MERGED = (
    "title",
    "workspace",
    "provider",
    "model",
    "git_branch",
    "git_remote",
    "git_commit",
    "tags",
    "is_pinned",
)
"""The fields of a head line that travel both ways."""

Fields = dict[str, Any]


class Notice(NamedTuple):
    """What the person has to know; `fork` of a conflict.

    `kind`: conflict, withdrawn, kept or full.
    """

    id: int
    at: int
    kind: str
    thread: str
    fork: str


class Base(NamedTuple):
    """The server's version that this machine knows; `head` is the local entry at its end."""

    etag: str
    length: int
    head: int | None
    fields: Fields
    is_deleted: bool

    @property
    def is_erased(self) -> bool:
        """The server has nothing of it any more."""
        return self.is_deleted and not self.length


class Local(NamedTuple):
    """A thread as it is here; `base` is None where this account's server never had it."""

    key: int
    thread: Thread
    head: int | None
    length: int
    is_deleted: bool
    synced_version: int
    base: Base | None
    is_anothers: bool

    @property
    def is_clean(self) -> bool:
        """The server has all of it."""
        return self.base is not None and self.thread.version == self.synced_version

    @property
    def fields(self) -> Fields:
        """What travels of its head line."""
        return fields_of(self.thread)


_STATE = """
SELECT threads.key, threads.head, threads.length, deleted_at IS NOT NULL, synced_version,
    account, etag, synced.length, synced.head, fields, synced.is_deleted
FROM threads LEFT JOIN synced ON synced.thread = threads.key
WHERE threads.id = ?
"""

# A private thread waits only for its copy on the server to go; an empty one never began.
_PENDING = """
SELECT threads.id FROM threads INDEXED BY threads_to_sync
LEFT JOIN synced ON synced.thread = threads.key
LEFT JOIN sync_refusals AS refused ON refused.thread = threads.key
WHERE threads.owner = '' AND threads.version <> threads.synced_version
    AND coalesce(refused.version, -1) <> threads.version
    AND CASE
        WHEN account IS NULL THEN NOT is_private AND deleted_at IS NULL AND threads.head NOT NULL
        WHEN account <> ? THEN 0
        ELSE NOT is_private OR NOT synced.is_deleted
    END
ORDER BY threads.key
"""

_REMEMBER = """
INSERT INTO synced (thread, account, etag, length, head, fields, is_deleted)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (thread) DO UPDATE SET account = excluded.account, etag = excluded.etag,
    length = excluded.length, head = excluded.head, fields = excluded.fields,
    is_deleted = excluded.is_deleted
"""


def fields_of(holder: Any) -> Fields:
    """MERGED of a Thread, or of the server's head line."""
    return {name: getattr(holder, name) for name in MERGED}


def local(connection: sqlite3.Connection, account: str, thread_id: str) -> Local | None:
    """The thread with what is known of its server's version."""
    row = connection.execute(_STATE, (thread_id,)).fetchone()
    thread = reading.thread(connection, thread_id)
    if row is None or thread is None:
        return None
    key, head, length, is_deleted, synced_version, known, *rest = row
    base = None
    if known == account:
        etag, base_length, base_head, fields, was_deleted = rest
        base = Base(etag, base_length, base_head, _decoded(fields), bool(was_deleted))
    is_anothers = known is not None and known != account
    return Local(key, thread, head, length, bool(is_deleted), synced_version, base, is_anothers)


def pending(connection: sqlite3.Connection, account: str) -> tuple[str, ...]:
    """Ids of threads that changed here and can be sent, in the order in which they began."""
    return tuple(thread_id for (thread_id,) in connection.execute(_PENDING, (account,)))


def remember(
    connection: sqlite3.Connection,
    account: str,
    key: int,
    base: Base,
    synced_version: int | None = None,
) -> None:
    """The server has `base`; with `synced_version`, and all that this version of ours was."""
    fields = codec.encode(base.fields).decode()
    values = (key, account, base.etag, base.length, base.head, fields, base.is_deleted)
    connection.execute(_REMEMBER, values)
    if synced_version is not None:
        synced(connection, key, synced_version)


def synced(connection: sqlite3.Connection, key: int, version: int) -> None:
    """The server has all that this version of ours is."""
    connection.execute("UPDATE threads SET synced_version = ? WHERE key = ?", (version, key))


def forget(connection: sqlite3.Connection, key: int) -> None:
    """The server has nothing of the thread."""
    connection.execute("DELETE FROM synced WHERE thread = ?", (key,))
    synced(connection, key, 0)


def adopt(connection: sqlite3.Connection, account: str) -> int:
    """Threads of other accounts are this one's from now on; how many there were.

    What the server has of them is found out when they are sent.
    """
    connection.execute(
        "UPDATE threads SET synced_version = 0"
        " WHERE key IN (SELECT thread FROM synced WHERE account <> ?)",
        (account,),
    )
    return connection.execute("DELETE FROM synced WHERE account <> ?", (account,)).rowcount


def cursor_of(connection: sqlite3.Connection, account: str) -> str:
    """How far the account's changes were read; "" for not at all."""
    row = connection.execute(
        "SELECT cursor FROM sync_accounts WHERE account = ?", (account,)
    ).fetchone()
    return row[0] if row else ""


def advance(connection: sqlite3.Connection, account: str, cursor: str, ids: Iterable[str]) -> None:
    """Changes up to `cursor` are known; of the threads `ids` the server has more than we."""
    connection.execute(
        "INSERT INTO sync_accounts (account, cursor) VALUES (?, ?)"
        " ON CONFLICT (account) DO UPDATE SET cursor = excluded.cursor",
        (account, cursor),
    )
    connection.executemany(
        "INSERT INTO sync_behind (account, id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        ((account, thread_id) for thread_id in ids),
    )


def behind(connection: sqlite3.Connection, account: str) -> tuple[str, ...]:
    """Ids of threads of which the server has more."""
    rows = connection.execute("SELECT id FROM sync_behind WHERE account = ?", (account,))
    return tuple(thread_id for (thread_id,) in rows)


def caught_up(connection: sqlite3.Connection, account: str, thread_id: str) -> None:
    """The thread is here as the server has it."""
    connection.execute("DELETE FROM sync_behind WHERE account = ? AND id = ?", (account, thread_id))


def tell(connection: sqlite3.Connection, at: int, kind: str, thread: str, fork: str = "") -> None:
    """Something that the person has to know."""
    connection.execute(
        "INSERT INTO sync_notices (at, kind, thread, fork) VALUES (?, ?, ?, ?)",
        (at, kind, thread, fork),
    )


def notices(connection: sqlite3.Connection) -> tuple[Notice, ...]:
    """What the person has not seen yet, oldest first."""
    rows = connection.execute(
        "SELECT id, at, kind, thread, fork FROM sync_notices WHERE NOT is_seen ORDER BY id"
    )
    return tuple(map(Notice._make, rows))


def seen(connection: sqlite3.Connection, last: int) -> None:
    """The person has seen the notices up to the one with this id."""
    connection.execute("UPDATE sync_notices SET is_seen = 1 WHERE id <= ?", (last,))


def outcome(
    connection: sqlite3.Connection, account: str, at: int, error: str = "", hint: str = ""
) -> None:
    """How the last round went; `at` is when it left all in step, 0 when it did not."""
    connection.execute(
        "INSERT INTO sync_accounts (account, synced_at, error, hint) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account) DO UPDATE SET error = excluded.error, hint = excluded.hint,"
        " synced_at = CASE excluded.synced_at WHEN 0 THEN synced_at ELSE excluded.synced_at END",
        (account, at, error, hint),
    )


def _decoded(text: str) -> Fields:
    fields: Fields = codec.decode(text, Fields)
    return {**fields, "tags": tuple(fields.get("tags", ()))}
