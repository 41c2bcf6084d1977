"""Sharing over HTTP. Every method raises as `ServerClient.ask` does."""

from loom.api.client import ServerClient
from loom.api.clients.orgs import part
from loom.api.shares import LinkMade, NewLink, ShareList, Shares
from loom.api.support import SupportQuestion, SupportRequest
from loom.api.threads import ThreadInfo, ThreadPatch, Visibility


class SharesClient:
    """What a thread's owner decides about who else reads it; `thread` is its whole id."""

    def __init__(self, client: ServerClient) -> None:
        self._ask = client.ask

    async def listed(self) -> ShareList:
        """The caller's threads that others read or ask for."""
        return await self._ask("GET", "/api/shares", ShareList)

    async def questions(self) -> tuple[SupportQuestion, ...]:
        """What the support waits to read, the oldest first."""
        found = (
            SupportQuestion(
                each.thread.id,
                each.thread.title,
                each.support.requested_by,
                each.support.requested_at,
                each.support.reason,
            )
            for each in (await self.listed()).shares
            if each.support is not None and not each.support.expires_at
        )
        return tuple(sorted(found, key=lambda question: question.requested_at))

    async def of(self, thread: str) -> Shares:
        """Whom one is shown to."""
        return await self._ask("GET", _path(thread, "share"), Shares)

    async def link(self, thread: str, expires_in: int | None) -> LinkMade:
        """A new link, in place of the one that there was; `expires_in` in seconds."""
        return await self._ask("POST", _path(thread, "share"), LinkMade, NewLink(expires_in))

    async def unlink(self, thread: str) -> None:
        """The link opens nothing from now on."""
        await self._ask("DELETE", _path(thread, "share"), type(None))

    async def let_support_in(self, thread: str) -> Shares:
        """For 31 days."""
        return await self._ask("POST", _path(thread, "support-access/approve"), Shares, {})

    async def keep_support_out(self, thread: str) -> None:
        """Access ends, and so does the request for it."""
        await self._ask("DELETE", _path(thread, "support-access"), type(None))

    async def ask_as_support(self, thread: str, reason: str) -> None:
        """Asks the owner to let the support read it."""
        path = _path(thread, "support-access/request")
        await self._ask("POST", path, type(None), SupportRequest(reason))

    async def show_to(
        self, thread: ThreadInfo, visibility: Visibility, team_id: str = "", org_id: str = ""
    ) -> None:
        """Who reads it without a link, and in which organization if it is not to stay.

        Raises as `ask` does, also when it changed meanwhile.
        """
        moved = None if org_id in ("", thread.org_id) else org_id
        asked = ThreadPatch(visibility=visibility, team_id=team_id or None, org=moved)
        path = f"/api/threads/{part(thread.id)}"
        await self._ask("PATCH", path, ThreadInfo, asked, etag=thread.etag)


def _path(thread: str, what: str) -> str:
    return f"/api/threads/{part(thread)}/{what}"
