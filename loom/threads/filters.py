"""Which threads a list is asked for, as conditions on the table of head lines."""

from typing import Any, NamedTuple

from msgspec import Struct


class Where(NamedTuple):
    """A condition with the values of its question marks."""

    sql: str = "1"
    parameters: tuple[Any, ...] = ()

    def and_(self, sql: str, *parameters: Any) -> "Where":
        """Both conditions."""
        return Where(f"{self.sql} AND {sql}", (*self.parameters, *parameters))

    def named(self) -> tuple[str, dict[str, Any]]:
        """The condition with names (`:w0`, `:w1`, …) in place of question marks, and their values.

        The condition must have no question mark in a literal.
        """
        pieces = self.sql.split("?")
        sql = "".join(f"{piece}:w{number}" for number, piece in enumerate(pieces[:-1]))
        values = {f"w{number}": value for number, value in enumerate(self.parameters)}
        return sql + pieces[-1], values


EVERYWHERE = Where()
"""No condition."""

# Columns are named with their table: search asks the index of head lines too, which has the same.
_BY_BRANCH = "threads.git_branch <> '' AND threads.git_branch = ?"
_BY_REMOTE = """threads.git_remote IN (
    SELECT DISTINCT known.git_remote FROM threads AS known
    WHERE known.git_remote <> '' AND instr(lower(known.git_remote), lower(?)))"""
_BY_TAG = "EXISTS (SELECT 1 FROM json_each(threads.tags) WHERE lower(value) = lower(?))"
_BY_FILE = """threads.key IN (
    SELECT thread FROM thread_files
    WHERE name = ? AND (path = ? OR substr(path, -length(?)) = ?))"""


class Filter(Struct, frozen=True):
    """What a thread must be to be listed; what is empty asks nothing.

    Attributes:
        branch: exactly.
        repository: a part of the remote's address, such as `owner/name`.
        file: a path as a tool call named it, or its last parts.
        tag: exactly, whatever the case.
        is_pinned: only pinned threads.
        is_used: only threads in which something was said, or that were given a title.
    """

    branch: str = ""
    repository: str = ""
    file: str = ""
    tag: str = ""
    is_pinned: bool = False
    is_used: bool = False

    def where(self) -> Where:
        """The condition."""
        where = Where()
        if self.branch:
            where = where.and_(_BY_BRANCH, self.branch)
        if self.repository:
            where = where.and_(_BY_REMOTE, self.repository)
        if self.file:
            name, ending = self.file.rpartition("/")[2], "/" + self.file.lstrip("/")
            where = where.and_(_BY_FILE, name, self.file, ending, ending)
        if self.tag:
            where = where.and_(_BY_TAG, self.tag)
        if self.is_pinned:
            where = where.and_("is_pinned = 1")
        return where.and_("(message_count > 0 OR title <> '')") if self.is_used else where


EVERY = Filter()
"""Asks nothing."""
