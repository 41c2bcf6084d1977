"""A thread as the server holds it: its head line, whose it is, and who may read it."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from loom.api.threads import ThreadInfo
from loom.api.times import rfc3339
from loom.core import codec
from loom.server.access import Action, Resource, not_there, require
from loom.server.principal import Principal, PrincipalKind
from loom.server.threads import support
from loom.threads.filters import Where

APART = 30
"""Organizations that are read one by one, newest first; SQLite merges few hundred at most."""

SELECT = """
SELECT threads.key, threads.head, threads.id, title, workspace, threads.created_at, updated_at,
    version, message_count, provider, model, git_branch, git_remote, git_commit, tags, is_pinned,
    threads.parent, length, owner, org, team, visibility, mark, change, deleted_at,
    erased_at
FROM threads"""


class Held(NamedTuple):
    """A thread of somebody's. `key` and `head` are rows of the store, `change` its last one."""

    key: int
    head: int | None
    info: ThreadInfo
    change: int

    @property
    def resource(self) -> Resource:
        """What is decided about."""
        return Resource(
            "thread",
            self.info.id,
            self.info.owner_id,
            self.info.org_id,
            self.info.team_id,
            self.info.visibility,
        )


def held_of(row: tuple[Any, ...]) -> Held:
    """The thread of a row of SELECT."""
    key, head, thread_id, title, workspace, created_at, updated_at, version, messages = row[:9]
    provider, model, branch, remote, commit, tags, is_pinned, parent, length = row[9:18]
    owner, org, team, visibility, mark, change, deleted_at, erased_at = row[18:]
    info = ThreadInfo(
        id=thread_id,
        title=title,
        workspace=workspace,
        created_at=rfc3339(created_at),
        updated_at=rfc3339(updated_at),
        version=version,
        etag=etag_of(version, mark),
        length=length,
        message_count=messages,
        provider=provider,
        model=model,
        git_branch=branch,
        git_remote=remote,
        git_commit=commit,
        tags=codec.decode(tags, tuple[str, ...]),
        is_pinned=bool(is_pinned),
        parent=parent,
        owner_id=owner,
        org_id=org,
        team_id=team,
        visibility=visibility,
        is_deleted=deleted_at is not None,
        is_erased=erased_at is not None,
    )
    return Held(key, head, info, change or 0)


def etag_of(version: int, mark: str) -> str:
    """What names a version: after a restored backup the same number has another mark."""
    return f"{version}-{mark}"


def find(connection: sqlite3.Connection, thread_id: str) -> Held | None:
    """The thread, deleted or not."""
    row = connection.execute(
        f"{SELECT} WHERE threads.id = ? AND owner <> ''", (thread_id,)
    ).fetchone()
    return held_of(row) if row else None


def require_thread(
    connection: sqlite3.Connection,
    principal: Principal,
    action: Action,
    thread_id: str,
    now_ms: int | None = None,
) -> Held:
    """The thread, if `principal` may do `action` to it. A deleted one is there for its writers.

    Without `now_ms` the support reads nothing that it was let into for a while.

    Raises:
        Denied: it is missing or hidden (404), or may be read but not that (403).
    """
    held = find(connection, thread_id)
    if held is None:
        raise not_there(Resource("thread", thread_id), action)
    if held.info.is_deleted and action in ("read", "share"):
        raise not_there(held.resource, action)
    resource = held.resource
    if now_ms is not None and "support" in principal.global_roles:
        is_shared = support.is_open(connection, held.key, now_ms)
        resource = replace(resource, is_shared_with_support=is_shared)
    require(principal, action, resource)
    return held


def shown(principal: Principal) -> tuple[Where, ...]:
    """The threads that are listed for a principal: its own, its organizations', its teams'.

    In parts, which have some in common, and each of which an index has in order. Narrower than
    what `loom.server.access` allows: what an admin or an auditor could read, and public threads of
    strangers, are not theirs to be reminded of.
    """
    orgs = (principal.org_id,) if is_key(principal) else tuple(principal.org_roles)
    apart = [(org,) for org in orgs] if len(orgs) <= APART else [orgs]
    return (owned(principal), *(_in_orgs(principal, some) for some in apart))


def readable(principal: Principal) -> Where:
    """All that `shown` has, as one condition."""
    parts = shown(principal)
    sql = " OR ".join(f"({part.sql})" for part in parts)
    return Where(f"({sql})", tuple(chain.from_iterable(part.parameters for part in parts)))


def _in_orgs(principal: Principal, orgs: Sequence[str]) -> Where:
    """What the principal may read in these organizations and the teams in them.

    Its own are among it: an index that holds nothing else would be read in vain to its end.
    """
    teams = tuple(principal.team_roles)
    administered = tuple(
        org for org, role in principal.org_roles.items() if role in ("owner", "admin")
    )
    in_team = f"({_among('team', teams)} OR {_among('org', administered)})"
    return Where(
        f"{_among('org', orgs)} AND org <> '' AND owner <> '' AND (owner = ?"
        f" OR visibility IN ('organization', 'public') OR (visibility = 'team' AND {in_team}))",
        (*orgs, principal.user_id, *teams, *administered),
    )


def owned(principal: Principal) -> Where:
    """The principal's own threads; an API key's are those in its organization."""
    where = Where("owner = ? AND owner <> ''", (principal.user_id,))
    return where.and_("org = ?", principal.org_id) if is_key(principal) else where


def is_key(principal: Principal) -> bool:
    """Whether an API key was shown, which sees one organization."""
    return principal.kind is PrincipalKind.API_KEY


def _among(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join('?' for _ in values)})"
