"""What one cell of the matrix finds: an organization of its own, a caller, and what it acts on."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import json

from loom.api.orgs import NewInvitation
from loom.core.messages import Thread
from loom.db import connect
from loom.secrets import Secret
from loom.server import invitations, kept_requests, orgs, users
from loom.server.auth import login_sessions
from loom.server.auth.credentials import hashed, new_credential
from loom.server.auth.login_sessions import Origin
from loom.server.identifiers import new_id
from loom.server.spending import budgets
from loom.server.spending.budgets import Budget
from loom.server.spending.ledger import Spender
from loom.threads.writing import insert_thread
from tests.server.matrix_cases import KEYS, LINK_TOKEN

DAY_MS = 24 * 3600 * 1000


@dataclass
class Scene:
    """The things of one cell, made while its one transaction runs.

    Attributes:
        caller: the user id; empty for who has none.
        headers: what the caller shows.
        owner: another owner of the organization, whom nobody calls as.
        other: its plain member, who is acted on.
    """

    connection: sqlite3.Connection
    number: str
    now: int
    operator: Mapping[str, str]
    org: str = ""
    team: str = ""
    owner: str = ""
    other: str = ""
    caller: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def person(self, name: str, **columns: int) -> str:
        """A new user's id; `columns` of users."""
        user = users.create(self.connection, name, f"{name}-{self.number}@example.com", self.now)
        for column, value in columns.items():
            sql = f"UPDATE users SET {column} = ? WHERE id = ?"
            self.connection.execute(sql, (value, user.id))
        return user.id

    def insert(self, table: str, **row: object) -> None:
        """One row."""
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
        self.connection.execute(sql, tuple(row.values()))

    def organization(self, slug: str, **columns: object) -> str:
        """One with the scene's people in it; its id."""
        org_id = new_id(self.now)
        named = {"id": org_id, "slug": f"{slug}-{self.number}", "name": slug}
        self.insert("organizations", **named, created_at=self.now, updated_at=self.now, **columns)
        return org_id

    def join(self, org_id: str, user_id: str, role: str) -> None:
        """Into an organization."""
        self.insert("org_memberships", org=org_id, user=user_id, role=role, created_at=self.now)

    def sign_in(self, user_id: str, **columns: object) -> Mapping[str, str]:
        """Headers of a LoginSession with these columns."""
        session_id, token = self._signed_in(user_id)
        for column, value in columns.items():
            sql = f"UPDATE login_sessions SET {column} = ? WHERE id = ?"
            self.connection.execute(sql, (value, session_id))
        return bearer(token.expose())

    def session(self, user_id: str) -> str:
        """The id of a further LoginSession."""
        return self._signed_in(user_id)[0]

    def _signed_in(self, user_id: str) -> tuple[str, Secret]:
        return login_sessions.create(self.connection, user_id, "cli", self.now, Origin())


def bearer(token: str) -> Mapping[str, str]:
    """The header that shows it."""
    return {"Authorization": f"Bearer {token}"}


def scene(
    connection: sqlite3.Connection, kind: str, number: str, now: int, operator: Mapping[str, str]
) -> Scene:
    """A fresh one for a caller of this kind."""
    made = Scene(connection, number, now, operator)
    made.owner, made.other = made.person("olga"), made.person("otto")
    made.org = made.organization("acme")
    made.team = new_id(now)
    made.insert("teams", id=made.team, org=made.org, slug="crew", name="Crew", created_at=now)
    made.join(made.org, made.owner, "owner")
    made.join(made.org, made.other, "member")
    _in_team(made, made.other, "member")
    _call_as(made, kind)
    return made


def _call_as(made: Scene, kind: str) -> None:
    if kind in CALLERS:
        CALLERS[kind](made)
    elif kind in KEYS:
        _key(made, kind.partition("+")[2])
    else:
        made.caller = made.person("carl", **({f"is_{kind}": 1} if kind in GLOBAL else {}))
        made.headers = made.sign_in(made.caller)


GLOBAL = ("support", "auditor", "system_admin")


def _anonymous(made: Scene) -> None:
    made.headers = {}


def _expired(made: Scene) -> None:
    made.caller = made.person("carl")
    made.join(made.org, made.caller, "owner")
    made.headers = made.sign_in(made.caller, expires_at=made.now - 1)


def _weaver(made: Scene) -> None:
    made.headers = bearer("lw_" + "0" * 64)


def _deleted(made: Scene) -> None:
    made.caller = made.person("carl", is_system_admin=1, deleted_at=made.now - DAY_MS)
    made.join(made.org, made.caller, "owner")
    made.headers = made.sign_in(made.caller)


def _operator(made: Scene) -> None:
    made.headers = made.operator


def _impersonating(made: Scene) -> None:
    made.caller = made.person("carl")
    made.join(made.org, made.caller, "owner")
    admin = made.person("anna", is_system_admin=1)
    made.headers = made.sign_in(made.caller, impersonated_by=admin)


def _with_role(role: str) -> Callable[[Scene], None]:
    def join(made: Scene) -> None:
        made.caller = made.person("carl")
        made.join(made.org, made.caller, role)
        made.headers = made.sign_in(made.caller)

    return join


def _maintainer(made: Scene) -> None:
    _with_role("member")(made)
    _in_team(made, made.caller, "maintainer")


def _in_team(made: Scene, user_id: str, role: str) -> None:
    made.insert("team_memberships", team=made.team, user=user_id, role=role, created_at=made.now)


def _key(made: Scene, scope: str) -> None:
    """An API key, made by an owner of the organization."""
    made.caller = made.owner
    made.headers = bearer(_made_key(made, (scope,) if scope else ())[1])


def _made_key(made: Scene, scopes: tuple[str, ...]) -> tuple[str, str]:
    key_id, key = new_id(made.now), new_credential("lk_").expose()
    made.insert(
        "api_keys",
        id=key_id,
        org=made.org,
        name="key",
        token_hash=hashed(key),
        hint=key[-4:],
        scopes=json.encode(scopes).decode(),
        created_by=made.owner,
        created_at=made.now,
    )
    return key_id, key


CALLERS: Mapping[str, Callable[[Scene], None]] = {
    "anonymous": _anonymous,
    "expired": _expired,
    "weaver": _weaver,
    "deleted": _deleted,
    "operator": _operator,
    "impersonating": _impersonating,
    "member": _with_role("member"),
    "maintainer": _maintainer,
    "org_admin": _with_role("admin"),
    "org_owner": _with_role("owner"),
}


def _deleted_org(made: Scene) -> str:
    made.connection.execute(
        "UPDATE organizations SET deleted_at = ? WHERE id = ?", (made.now - DAY_MS, made.org)
    )
    return made.org


def _public_org(made: Scene) -> str:
    made.connection.execute(
        "UPDATE organizations SET visibility = 'public' WHERE id = ?", (made.org,)
    )
    return made.org


def _asking(made: Scene) -> str:
    """Who asked to be let in."""
    user_id = made.person("jo")
    made.insert("org_join_requests", org=made.org, user=user_id, created_at=made.now)
    return user_id


def _invitation(made: Scene, email: str) -> tuple[str, str]:
    org = orgs.find(made.connection, made.org)
    assert org is not None
    asked = NewInvitation(email)
    invitation, token = invitations.create(made.connection, org, asked, made.owner, made.now)
    return invitation.id, token.expose()


def _token(made: Scene) -> str:
    """Of an invitation that is for the caller."""
    org, made.org = made.org, made.organization("other")
    email = made.connection.execute("SELECT email FROM users WHERE id = ?", (made.caller,))
    (address,) = email.fetchone() or ("ines@example.com",)
    token = _invitation(made, address)[1]
    made.org = org
    return token


def _thread(made: Scene) -> str:
    """A thread of the plain member's that the organization may read, in the store of threads."""
    row = made.connection.execute("PRAGMA database_list").fetchone()
    thread_id = f"T-{new_id(made.now)}"
    with closing(connect(Path(row[2]).with_name("threads.db"))) as threads:
        thread = Thread(thread_id, created_at=made.now, updated_at=made.now, version=1)
        insert_thread(threads, thread)
        threads.execute(
            "UPDATE threads SET owner = ?, org = ? WHERE id = ?", (made.other, made.org, thread_id)
        )
    return thread_id


def _budget(made: Scene, org: str) -> str:
    budget = Budget("", org, "all", "", f"m{made.number}", "day", False, 10**12)
    return budgets.put(made.connection, budget, made.owner, made.now).id


def _kept(made: Scene) -> str:
    spender = Spender(made.org, made.other, "", "anthropic", "claude-test")
    kept_requests.add(made.connection, spender, "r-1", "{}", made.now, 1)
    (kept,) = kept_requests.listed(made.connection, made.org, made.now, 1)
    return kept.id


def _linked_thread(made: Scene) -> str:
    """The same, with a link whose token is LINK_TOKEN."""
    thread_id = _thread(made)
    row = made.connection.execute("PRAGMA database_list").fetchone()
    with closing(connect(Path(row[2]).with_name("threads.db"))) as threads:
        threads.execute(
            "INSERT INTO share_links (thread, token_hash, created_by, created_at)"
            " SELECT key, ?, owner, created_at FROM threads WHERE id = ?",
            (hashed(LINK_TOKEN), thread_id),
        )
    return thread_id


MAKERS: Mapping[str, Callable[[Scene], str]] = {
    "org": lambda made: made.org,
    "deleted_org": _deleted_org,
    "public_org": _public_org,
    "team": lambda made: made.team,
    "asking": _asking,
    "invitation": lambda made: _invitation(made, "ines@example.com")[0],
    "token": _token,
    "key": lambda made: _made_key(made, ())[0],
    "user": lambda made: made.other,
    "session": lambda made: made.session(made.caller or made.other),
    "deleted_user": lambda made: made.person("dora", deleted_at=made.now - DAY_MS),
    "thread": _thread,
    "budget": lambda made: _budget(made, made.org),
    "server_budget": lambda made: _budget(made, ""),
    "kept": _kept,
    "job": lambda made: "logins.expired",
    "flag": lambda made: "some.flag",
    "switch": lambda made: "some.switch",
    "linked_thread": _linked_thread,
    "provider": lambda made: "anthropic",
    "model": lambda made: "claude-test",
}
"""What stands for a name in a path, made when a route has it."""

NAME = re.compile(r"\{(\w+)\}")


def filled(path: str, names: Mapping[str, str], made: Scene) -> str:
    """The path with a thing of the scene for each name."""
    given = NAME.sub(lambda match: names.get(match[1], match[0]), path)
    return NAME.sub(lambda match: MAKERS[match[1]](made), given)
