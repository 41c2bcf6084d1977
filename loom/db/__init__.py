"""SQLite for every layer that keeps something.

connection    opening a file with our pragmas; the driver's errors in our words
migrations    numbered, forward-only SQL files, applied once by whichever process comes first
readers       connections for workers that read, kept for the next one
stages        how far a migration is, for whoever tells a person
rows          many rows in few statements
writer        the one worker that writes: jobs that wait together share a transaction
"""

from loom.db.connection import connect, overwriting, store_error, translated
from loom.db.migrations import Migration, migrations_in, prepare
from loom.db.readers import Readers
from loom.db.rows import insert
from loom.db.stages import Stage, Told, untold
from loom.db.writer import Writer

__all__ = [
    "Migration",
    "Readers",
    "Stage",
    "Told",
    "Writer",
    "connect",
    "insert",
    "migrations_in",
    "overwriting",
    "prepare",
    "store_error",
    "translated",
    "untold",
]
