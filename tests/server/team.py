"""People of a team's server, made where the server makes them, with credentials of their own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from msgspec import json as msgjson

from loom.server import users
from loom.server.auth import login_sessions
from loom.server.auth.credentials import COOKIE, hashed, new_credential
from loom.server.auth.login_sessions import Origin
from loom.server.database import Database
from loom.server.identifiers import new_id
from loom.server.keys import AUTHENTICATOR, CLOCK, DATABASE

if TYPE_CHECKING:
    from tests.server.conftest import Loom


@dataclass(frozen=True)
class Person:
    """Somebody with an account; `headers` sign a request with an access token."""

    id: str
    email: str
    org_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Said:
    """An answer, read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return msgjson.decode(self.body)


class Team:
    """A running team's server. `loom.client` shows the operator's token."""

    def __init__(self, loom: "Loom") -> None:
        self.loom = loom
        self.url = loom.url
        self.app = loom.app

    @property
    def database(self) -> Database:
        return self.app[DATABASE]

    @property
    def now(self) -> int:
        return self.app[CLOCK]()

    async def sign_up(self, email: str, **roles: bool) -> Person:
        """A new person; `roles` are columns of users: is_support=True. The first is an admin."""
        now = self.now

        def work(connection: Any) -> Person:
            user = users.create(connection, email.partition("@")[0], email, now)
            for column, value in roles.items():
                connection.execute(f"UPDATE users SET {column} = ? WHERE id = ?", (value, user.id))
            _, token = login_sessions.create(connection, user.id, "cli", now, Origin())
            row = connection.execute("SELECT org FROM org_memberships WHERE user = ?", (user.id,))
            return Person(user.id, email, row.fetchone()[0], token.expose())

        return await self.database.write(work)

    def forget(self) -> None:
        """Rights were changed behind the server's back."""
        self.app[AUTHENTICATOR].forget()

    async def cookie(self, person: Person) -> dict[str, str]:
        """Headers of a browser in which the person is signed in."""
        now = self.now
        _, credential = await self.database.write(
            lambda c: login_sessions.create(c, person.id, "web", now, Origin())
        )
        return {"Cookie": f"{COOKIE}={credential.expose()}"}

    async def org(self, slug: str, **members: Person) -> str:
        """An organization whose members are given by role: owner=alice, admin=…, member=…."""
        org_id, now = new_id(self.now), self.now

        def work(connection: Any) -> None:
            connection.execute(
                "INSERT INTO organizations (id, slug, name, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (org_id, slug, slug, now, now),
            )
            for role, person in members.items():
                connection.execute(
                    "INSERT INTO org_memberships VALUES (?, ?, ?, ?)",
                    (org_id, person.id, role.rstrip("0123456789"), now),
                )

        await self.database.write(work)
        self.forget()
        return org_id

    async def api_key(self, person: Person, org_id: str, *scopes: str) -> dict[str, str]:
        """Headers that show a new API key of the organization's."""
        key, now = new_credential("lk_").expose(), self.now
        row = (
            *(new_id(now), org_id, "test", hashed(key), key[-4:]),
            *(msgjson.encode(scopes).decode(), person.id, now),
        )
        await self.database.write(
            lambda c: c.execute(
                "INSERT INTO api_keys (id, org, name, token_hash, hint, scopes, created_by,"
                " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        )
        return {"Authorization": f"Bearer {key}"}

    async def call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **given: Any
    ) -> Said:
        """One request on a connection of its own, without cookies or redirects."""
        async with (
            _session() as session,
            session.request(
                method, self.url + path, headers=headers, allow_redirects=False, **given
            ) as answer,
        ):
            return Said(answer.status, answer.headers, await answer.read())


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
