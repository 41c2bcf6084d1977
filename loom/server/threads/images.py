"""SQL of images: by the threads that were sent them, and the people who may name them by a hash."""

import sqlite3
from collections.abc import Iterable

from loom.server.errors import Refused
from loom.server.threads.preparing import Prepared
from loom.threads import writing


class Unsent(Refused):
    """A write names images that its writer has never sent."""

    def __init__(self, missing: Iterable[str]) -> None:
        hint = "Send them with the write, among its attachments."
        super().__init__(422, "missing_attachments", "the write names images without them", hint)
        self.missing = tuple(sorted(missing))


def keep(connection: sqlite3.Connection, key: int, writer: str, new: Prepared) -> None:
    """The write's images, for the thread `key`: a hash alone gives nobody another's image.

    Raises:
        Unsent: it names one that `writer` never sent.
    """
    inline = (image for row in new.new.rows for image in row.attachments)
    shown = set(new.named)
    for image in (*new.images, *inline):
        writing.insert_attachment(connection, image)
        connection.execute(
            "INSERT INTO attachment_owners (hash, owner) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (image.hash, writer),
        )
        shown.add(image.hash)
    if missing := [name for name in new.named if not _has_sent(connection, writer, name)]:
        raise Unsent(missing)
    for digest in sorted(shown):
        _show(connection, key, digest)


def drop(connection: sqlite3.Connection, key: int, digest: str) -> None:
    """The thread shows the image no more; the last one's goes for good."""
    connection.execute("DELETE FROM thread_images WHERE thread = ? AND hash = ?", (key, digest))
    is_shown = connection.execute("SELECT 1 FROM thread_images WHERE hash = ?", (digest,))
    if is_shown.fetchone() is None:
        connection.execute("DELETE FROM attachment_owners WHERE hash = ?", (digest,))
        connection.execute("DELETE FROM attachments WHERE hash = ?", (digest,))


def _show(connection: sqlite3.Connection, key: int, digest: str) -> None:
    """The thread shows the image, which counts in each that does."""
    added = connection.execute(
        "INSERT INTO thread_images (hash, thread) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (digest, key),
    )
    if added.rowcount:
        connection.execute(
            "UPDATE threads SET size = size"
            " + (SELECT length(data) FROM attachments WHERE hash = ?) WHERE key = ?",
            (digest, key),
        )


def _has_sent(connection: sqlite3.Connection, owner: str, digest: str) -> bool:
    query = "SELECT 1 FROM attachment_owners WHERE hash = ? AND owner = ?"
    return connection.execute(query, (digest, owner)).fetchone() is not None
