"""SQL of join requests: people who ask a public organization to let them in."""

import sqlite3

from loom.api.orgs import JoinRequest
from loom.api.times import rfc3339
from loom.server import members, orgs
from loom.server.access import Resource, not_there
from loom.server.errors import Refused

MAX_MESSAGE = 500

_LISTED = """
SELECT users.id, name, coalesce(email, ''), message, org_join_requests.created_at
FROM org_join_requests JOIN users ON users.id = user
WHERE org = ? AND deleted_at IS NULL ORDER BY org_join_requests.created_at, users.id
"""


def ask(
    connection: sqlite3.Connection, org_id: str, user_id: str, message: str, now_ms: int
) -> None:
    """Asks, or says it in other words. Raises Refused (409) for who is in it."""
    if orgs.role_in(connection, org_id, user_id) is not None:
        raise Refused(409, "conflict", "you are in this organization")
    connection.execute(
        "INSERT INTO org_join_requests (org, user, message, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET message = excluded.message",
        (org_id, user_id, message[:MAX_MESSAGE], now_ms),
    )


def listed(connection: sqlite3.Connection, org_id: str) -> tuple[JoinRequest, ...]:
    """Who waits for an answer, oldest first."""
    rows = connection.execute(_LISTED, (org_id,))
    return tuple(
        JoinRequest(user_id, name, email, message, rfc3339(created_at))
        for user_id, name, email, message, created_at in rows
    )


def approve(connection: sqlite3.Connection, org_id: str, user_id: str, now_ms: int) -> None:
    """Takes the person in as a member. Raises Refused (404) when they did not ask."""
    reject(connection, org_id, user_id)
    members.add(connection, org_id, user_id, "member", now_ms)


def reject(connection: sqlite3.Connection, org_id: str, user_id: str) -> None:
    """Forgets the request. Raises Refused (404) when there is none."""
    if not any(each.user_id == user_id for each in listed(connection, org_id)):
        raise not_there(Resource("join_request", user_id))
    connection.execute(
        "DELETE FROM org_join_requests WHERE org = ? AND user = ?", (org_id, user_id)
    )
