"""Whom a budget binds, from how people call them and back."""

import sqlite3
from collections.abc import Iterable

from loom.server import orgs, users
from loom.server.auth import service_keys
from loom.server.errors import Refused
from loom.server.spending.budgets import EACH, Budget, Scope


def subject_of(
    connection: sqlite3.Connection, org: str, scope: Scope, asked: str, now_ms: int
) -> str:
    """The id of the user or key that is called `asked`; `*` for each one, "" for all.

    Args:
        org: empty for the server's own budgets, which bind no single key.

    Raises:
        Refused: there is nobody like that (400).
    """
    if scope == "all":
        return ""
    if asked == EACH:
        return EACH
    find = _user if scope == "user" else _key
    found = find(connection, org, asked, now_ms)
    if not found:
        hint = "A user by id or e-mail address, an API key by id or name, or * for each one."
        raise Refused(400, "invalid_request", f"no {scope} is called {asked!r} here", hint)
    return found


def names(connection: sqlite3.Connection, found: Iterable[Budget]) -> dict[str, str]:
    """How the people are called whom these budgets bind, by id."""
    ids = {budget.subject for budget in found if budget.scope == "user"} - {EACH}
    known = (users.find(connection, each) for each in ids)
    return {user.id: user.email or user.name for user in known if user is not None}


def _user(connection: sqlite3.Connection, org: str, asked: str, now_ms: int) -> str:
    user = users.find(connection, asked) or users.find_by_email(connection, asked)
    if user is None or (org and orgs.role_in(connection, org, user.id) is None):
        return ""
    return user.id


def _key(connection: sqlite3.Connection, org: str, asked: str, now_ms: int) -> str:
    keys = service_keys.listed(connection, org, now_ms)
    found = [key.id for key in keys if asked in (key.id, key.name)]
    return found[0] if len(found) == 1 else ""
