"""The device's side of signing in by a code. Source: RFC 8628."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from loom.api.errors import ErrorBody
from loom.api.login import DeviceError, DeviceStart, DeviceToken
from loom.core import codec
from loom.core.errors import AuthError, CodecError, LoomError
from loom.http import Address, client_session, why_unreachable
from loom.secrets import Secret

T = TypeVar("T")
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
CLIENT = "loom-cli"
SLOW_DOWN = 5.0
"""Seconds more between polls, each time the server says so (§3.5)."""

LONGEST_WAIT = 60.0
"""Seconds between polls of a server that cannot be reached."""

_ENDS = {
    "access_denied": ("It was denied.", ""),
    "expired_token": ("Nobody approved it in time.", "Run loom login again."),
    "invalid_grant": ("The server does not know this code any more.", "Run loom login again."),
}


class DeviceLogin:
    """Signs this machine in at one server.

    Args:
        name: what the person is shown of this machine.
    """

    def __init__(self, address: Address, name: str, timeout: float = 10.0) -> None:
        self._address = address
        self._name = name
        self._timeout = timeout

    async def start(self) -> DeviceStart:
        """A code for the person. Raises LoomError."""
        fields = {"client_id": CLIENT, "device_name": self._name}
        status, body = await self._posted("/auth/device/start", fields)
        if status != 200:
            raise _refused(status, body)
        return _decoded(body, DeviceStart)

    async def token(
        self, start: DeviceStart, clock: Callable[[], float] = time.monotonic
    ) -> Secret:
        """Waits for the person's approval; the access token.

        Raises:
            AuthError: it was denied, or nobody approved it in time.
            LoomError: the server refused.
        """
        interval, end = float(start.interval), clock() + start.expires_in
        fields = {"grant_type": GRANT, "device_code": start.device_code, "client_id": CLIENT}
        wait = interval
        while clock() < end:
            await asyncio.sleep(wait)
            try:
                status, body = await self._posted("/auth/device/poll", fields)
            except LoomError:
                # §3.5: back off exponentially while the server cannot be reached.
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            if status == 200:
                return Secret(_decoded(body, DeviceToken).access_token)
            if _is_to_slow_down(status, body):
                interval += SLOW_DOWN
            wait = interval
        raise AuthError(*_ENDS["expired_token"])

    async def _posted(self, path: str, fields: dict[str, Any]) -> tuple[int, bytes]:
        from aiohttp import ClientError

        try:
            async with (
                client_session(self._address, read_timeout=self._timeout) as session,
                session.post(
                    self._address.url + path, data=fields, allow_redirects=False
                ) as answer,
            ):
                return answer.status, await answer.read()
        except (ClientError, OSError) as error:
            raise LoomError(
                f"cannot reach the Loom server at {self._address}: {why_unreachable(error)}",
                "Check that it runs, and its address: loom login --server-url URL",
            ) from error


def _is_to_slow_down(status: int, body: bytes) -> bool:
    """False to go on as before. Raises AuthError when it is over, LoomError when it is refused."""
    if status in (429, 502, 503, 504):
        return True
    if status not in (400, 401):
        raise _refused(status, body)
    error = _decoded(body, DeviceError)
    if error.error in _ENDS:
        raise AuthError(*_ENDS[error.error])
    if error.error not in ("authorization_pending", "slow_down"):
        raise LoomError(f"the server refused: {error.error_description or error.error}")
    return error.error == "slow_down"


def _refused(status: int, body: bytes) -> LoomError:
    try:
        error: ErrorBody = codec.decode(body, ErrorBody)
    except CodecError:
        words = f"what answers signs nobody in (status {status})"
        return LoomError(words, "Is this a team's server, of this version? Check its address.")
    return LoomError(error.message, error.hint)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return codec.decode(body, kind)
    except CodecError as error:
        raise CodecError(f"what answers is no Loom server: {error.message}") from error
