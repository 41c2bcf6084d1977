"""SQL of budgets."""

import sqlite3
from typing import Any, Literal, NamedTuple

from loom.server.errors import Refused
from loom.server.identifiers import new_id
from loom.server.model_patterns import matches
from loom.server.spending.periods import Period

Scope = Literal["all", "user", "key"]
EACH = "*"


class Budget(NamedTuple):
    """What may be spent in a period.

    Attributes:
        org: whose money; empty for all of the server.
        scope: what it binds: everything of the organization, a user, an API key.
        subject: the user's or key's id; `*` gives each one the limit for itself; empty for `all`.
        model: a pattern over `provider/model` or the model alone.
        is_hard: refuses what would go over; a soft one warns.
        contact: whom to ask for more.
    """

    id: str
    org: str
    scope: Scope
    subject: str
    model: str
    period: Period
    is_hard: bool
    limit_nano: int
    contact: str = ""

    def binds(self, org: str, user: str, key: str, provider: str, model: str) -> bool:
        """Whether a request's cost counts here."""
        is_theirs = self.org in ("", org) and self.is_of(user, key)
        return is_theirs and matches(self.model, provider, model)

    def is_of(self, user: str, key: str) -> bool:
        """Whether it binds somebody, whatever the model."""
        who = {"all": "", "user": user, "key": key}[self.scope]
        return self.scope == "all" or (bool(who) and self.subject in (EACH, who))

    def share(self, user: str, key: str) -> str:
        """Whose counter it is, where each one has one."""
        if self.subject != EACH:
            return ""
        return user if self.scope == "user" else key


_COLUMNS = "id, org, scope, subject, model, period, is_hard, limit_nano, contact"


def every(connection: sqlite3.Connection) -> tuple[Budget, ...]:
    """All budgets, in a steady order."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM budgets ORDER BY org, scope, subject, model, period, is_hard"  # noqa: S608 - ours
    )
    return tuple(_budget(row) for row in rows)


def put(connection: sqlite3.Connection, budget: Budget, user: str, now_ms: int) -> Budget:
    """Sets a budget; one for the same things takes its limit and keeps its id."""
    row = connection.execute(
        f"INSERT INTO budgets ({_COLUMNS}, created_by, created_at, updated_at)"  # noqa: S608 - ours
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (org, scope, subject, model, period, is_hard) DO UPDATE SET"
        " limit_nano = excluded.limit_nano, contact = excluded.contact,"
        f" updated_at = excluded.updated_at RETURNING {_COLUMNS}",
        (new_id(now_ms), *budget[1:], user, now_ms, now_ms),
    ).fetchone()
    return _budget(row)


def remove(connection: sqlite3.Connection, org: str, budget_id: str) -> None:
    """Nothing is bound by it any more. Raises Refused (404): `org` has no such budget."""
    sql = "DELETE FROM budgets WHERE id = ? AND org = ?"
    if not connection.execute(sql, (budget_id, org)).rowcount:
        raise Refused(404, "not_found", f"there is no budget {budget_id}")


def _budget(row: tuple[Any, ...]) -> Budget:
    budget_id, org, scope, subject, model, period, is_hard, limit_nano, contact = row
    return Budget(budget_id, org, scope, subject, model, period, bool(is_hard), limit_nano, contact)
