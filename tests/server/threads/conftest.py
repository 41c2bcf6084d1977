"""Writes and reads of threads as a client that is not ours makes them: plain JSON over HTTP."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from msgspec import json

from loom.http import sendable
from tests.server.team import Person, Said, Team

THREAD = "T-01900000-0000-7000-8000-000000000001"
NEW = {"If-None-Match": "*"}


def said(text: str, role: str = "user") -> dict[str, Any]:
    """The JSON of a message's entry."""
    message = {"role": role, "content": [{"type": "text", "text": text}]}
    return {"type": "message", "message": message}


def shown(data: bytes) -> dict[str, Any]:
    """The JSON of a message with an image, by its hash."""
    image = {"type": "image", "media_type": "image/png", "data": f"sha256:{digest(data)}"}
    return {"type": "message", "message": {"role": "user", "content": [image]}}


def attached(data: bytes) -> dict[str, str]:
    """An attachment's JSON."""
    encoded = base64.b64encode(data).decode()
    return {"hash": digest(data), "media_type": "image/png", "data": encoded}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Desk:
    """A person at a team's server."""

    def __init__(self, team: Team, person: Person, headers: Mapping[str, str] | None = None):
        self.team = team
        self.person = person
        self.headers = headers or person.headers

    async def write(
        self, *texts: str, thread: str = THREAD, etag: str = "", keep: int = 0, **fields: Any
    ) -> Said:
        """PUT of these messages after the first `keep`; a new thread without `etag`."""
        entries = fields.pop("entries", [said(text) for text in texts])
        top = {name: fields.pop(name) for name in WRITE_FIELDS & fields.keys()}
        body = {"thread": fields, "keep": keep, "entries": entries, **top}
        return await self.call("PUT", f"/api/threads/{thread}", etag, json=body)

    async def read(self, query: str = "", thread: str = THREAD) -> Any:
        """The JSON of a GET, which must succeed."""
        answer = await self.call("GET", f"/api/threads/{thread}{query}", None)
        assert answer.status == 200, answer.body
        return answer.json()

    async def texts(self, thread: str = THREAD) -> list[str]:
        """What is said in the thread."""
        entries = (await self.read(thread=thread))["entries"]
        return [entry["message"]["content"][0]["text"] for entry in entries]

    async def listed(self, query: str = "") -> Any:
        answer = await self.call("GET", f"/api/threads{query}", None)
        assert answer.status == 200, answer.body
        return answer.json()

    async def call(self, method: str, path: str, etag: str | None, **given: Any) -> Said:
        """`etag` "" makes something new, None sends no precondition."""
        if "json" in given:
            given["data"] = sendable(json.encode(given.pop("json")))
        matching = {} if etag is None else {"If-Match": f'"{etag}"'} if etag else NEW
        return await self.team.call(method, path, {**self.headers, **matching}, **given)


WRITE_FIELDS = {"attachments", "visibility", "team_id"}
