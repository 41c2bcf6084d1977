"""The typed client of `/api/threads`: one connection that is kept, and one function that sends."""

from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from loom.api.accounts import Me
from loom.api.errors import ErrorBody
from loom.api.threads import MissingAttachments, ThreadHits, ThreadInfo, ThreadList, ThreadRead
from loom.core.errors import AuthError, NoRoom, Offline, Outdated, PrivateThread, SyncError
from loom.http import Address, bearer, client_session, why_unreachable
from loom.secrets import Secret

if TYPE_CHECKING:
    from aiohttp import ClientSession

T = TypeVar("T")

TIMEOUT = 30.0
PIECE = 64 * 1024
"""Bytes between which the guard is asked again."""

Guard = Callable[[str], None]
"""Raises PrivateThread for the id of a thread that must not leave this machine."""


def reads_only(thread_id: str) -> None:
    """The guard of a client that sends no thread at all."""
    raise PrivateThread(f"{thread_id} is not to be sent")


class Unsent(SyncError):
    """The server has not the images that a write names by their hashes."""

    def __init__(self, body: MissingAttachments) -> None:
        super().__init__(body.message, body.hint, 422)
        self.missing = body.missing


class ThreadsClient:
    """Asks one server for a person's threads; an async context manager.

    Every method may raise Offline when nobody answers, AuthError when the token does not hold, and
    SyncError for any other refusal.

    Args:
        guard: asked before the first byte of a thread leaves, and between pieces of it.
    """

    def __init__(
        self, address: Address, token: Secret, guard: Guard, timeout: float = TIMEOUT
    ) -> None:
        self._address = address
        self._headers = {"Authorization": bearer(token)}
        self._guard = guard
        self._timeout = timeout
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = client_session(self._address, read_timeout=self._timeout)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def me(self) -> Me:
        """Who the token belongs to."""
        return _decoded(await self._ask("GET", "/auth/me"), Me)

    async def changes(self, cursor: str) -> ThreadList:
        """The person's own threads that changed after `cursor`, oldest change first."""
        return await self.list({"since": cursor, "limit": "500"})

    async def list(self, query: Mapping[str, str]) -> ThreadList:
        """Threads that the person may read; `query` is a ListQuery's."""
        return _decoded(await self._ask("GET", f"/api/threads?{urlencode(query)}"), ThreadList)

    async def search(self, query: Mapping[str, str]) -> ThreadHits:
        """Threads that the person may read, best first; `query` is a ThreadSearchQuery's."""
        return _decoded(
            await self._ask("GET", f"/api/threads/search?{urlencode(query)}"), ThreadHits
        )

    async def read(
        self, thread_id: str, since: str = "", after: int = 0, *, deleted: bool = False
    ) -> ThreadRead:
        """The entries that follow what was there at the ETag `since`, or the first `after`."""
        query = {"since": since, "after": str(after)} | ({"deleted": "true"} if deleted else {})
        body = await self._ask("GET", f"{_path(thread_id)}?{urlencode(query)}")
        return _decoded(body, ThreadRead)

    async def put(self, thread_id: str, body: bytes, etag: str) -> ThreadInfo:
        """Writes a thread; `etag` is the version that it is written for, "" for a new one.

        Raises:
            Outdated: another version is there.
            PrivateThread: the guard refused; nothing was written.
            NoRoom: the server keeps no more for its owner.
            Unsent: images are missing.
        """
        return _decoded(await self._send(thread_id, body, etag), ThreadInfo)

    async def delete(self, thread_id: str, etag: str) -> str:
        """Hides a thread; its new ETag. Raises Outdated."""
        headers = {"If-Match": f'"{etag}"'}
        _, answered = await self._fetched("DELETE", _path(thread_id), headers)
        return answered.get("ETag", "").strip('"')

    async def _ask(self, method: str, path: str) -> bytes:
        """A question, which tells the server nothing about a thread but its id."""
        return (await self._fetched(method, path, {}))[0]

    async def _send(self, thread_id: str, body: bytes, etag: str) -> bytes:
        """The one function that lets a thread's content out of this machine."""

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(body), PIECE):
                self._guard(thread_id)
                yield body[start : start + PIECE]

        self._guard(thread_id)
        matching = {"If-Match": f'"{etag}"'} if etag else {"If-None-Match": "*"}
        headers = {**matching, "Content-Type": "application/json", "Content-Length": str(len(body))}
        return (await self._fetched("PUT", _path(thread_id), headers, pieces()))[0]

    async def _fetched(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        data: AsyncIterator[bytes] | None = None,
    ) -> tuple[bytes, Mapping[str, str]]:
        from aiohttp import ClientError

        if self._session is None:
            raise SyncError("the client is not open")
        url = self._address.url + path
        headers = {**self._headers, **headers}
        try:
            async with self._session.request(method, url, headers=headers, data=data) as answer:
                body = await answer.read()
        except (ClientError, OSError) as error:
            raise self._unreachable(error) from error
        if answer.status >= 400:
            raise _refused(answer.status, body)
        return body, answer.headers

    def _unreachable(self, error: Exception) -> SyncError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, SyncError):
                return cause
            cause = cause.__cause__ or cause.__context__
        words = f"cannot reach {self._address}: {why_unreachable(error)}"
        return Offline(words, "What changed here waits, and is sent when the server answers.")


def _path(thread_id: str) -> str:
    return f"/api/threads/{quote(thread_id, safe='')}"


def _refused(status: int, body: bytes) -> SyncError | AuthError:
    try:
        if status == 422:
            return Unsent(msgspec.json.decode(body, type=MissingAttachments))
        error = msgspec.json.decode(body, type=ErrorBody)
    except msgspec.MsgspecError:
        error = ErrorBody("", f"the server answered with status {status}")
    if status == 401:
        return AuthError(error.message, error.hint)
    if status == 412:
        return Outdated(error.message, error.hint, status)
    if error.error == "quota_exceeded":
        return NoRoom(error.message, error.hint, status)
    kind = Offline if status in (408, 429) or status >= 500 else SyncError
    return kind(error.message, error.hint, status)


def _decoded(body: bytes, kind: type[T] | Any) -> T:
    try:
        found: T = msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise SyncError(f"what answers is no Loom server: {error}") from error
    return found
