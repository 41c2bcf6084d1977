"""Who the people in the log are: lines keep ids, so that nobody's address outlives their account.

Addresses are looked up when somebody reads, and are those of now.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import json

from loom.api.audit import AuditEntry
from loom.server.access import Resource, authorize
from loom.server.audit.search import Condition
from loom.server.principal import Principal

_KNOWN = """
SELECT id, email, (
    SELECT json_group_array(o.id) FROM org_memberships JOIN organizations AS o ON o.id = org
    WHERE user = users.id AND o.deleted_at IS NULL AND NOT o.is_personal
)
FROM users
WHERE deleted_at IS NULL AND email IS NOT NULL
    AND (id IN (SELECT value FROM json_each(?)) OR email = ?)
"""
_USER = "user:"


def named_in(entries: Iterable[AuditEntry]) -> Condition:
    """The question about everybody who acted, or to whom something was done."""
    ids = sorted({each for entry in entries for each in _ids(entry)})
    return _KNOWN, (json.encode(ids).decode(), None)


def with_address(address: str) -> Condition:
    """The question about who has this address."""
    return _KNOWN, ("[]", address)


def addresses(rows: Iterable[tuple[Any, ...]], reader: Principal) -> dict[str, str]:
    """By user id, of those whom `reader` may know."""
    return {
        user_id: email
        for user_id, email, orgs in rows
        if authorize(reader, "read", _person(user_id, orgs))
    }


def _person(user_id: str, orgs: str) -> Resource:
    return Resource("user", user_id, member_of=json.decode(orgs, type=frozenset[str]))


def _ids(entry: AuditEntry) -> Iterator[str]:
    yield from filter(None, (entry.actor_id, entry.user_id))
    if entry.resource.startswith(_USER):
        yield entry.resource.removeprefix(_USER)
