"""Questions to an identity provider: JSON and documents, soon and small or not at all."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import ClientError, ClientSession

from loom.core.errors import ConfigError
from loom.http import environment_proxy
from loom.server.login.failures import LoginFailed

log = logging.getLogger("loom.server")

TIMEOUT = 10.0
MAX_ANSWER = 1024 * 1024


class Outside:
    """Asks over the server's own session, which keeps no cookies.

    Redirects are not followed: they would carry a code or a secret to whoever is named there.
    """

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def document(
        self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] = {}
    ) -> bytes:
        """The answer's body; `form` makes it a POST.

        Raises:
            LoginFailed: there is none within `TIMEOUT`, it is too large, or its status is no 200.
        """
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._session.request(
                    "GET" if form is None else "POST",
                    url,
                    data=form,
                    headers=headers,
                    allow_redirects=False,
                    proxy=environment_proxy(url),
                ) as answer,
            ):
                body = await answer.content.read(MAX_ANSWER + 1)
                while len(body) <= MAX_ANSWER and (more := await answer.content.readany()):
                    body += more
                status = answer.status
        except (ClientError, OSError, ValueError) as error:
            raise unreachable(url, type(error).__name__) from error
        if len(body) > MAX_ANSWER:
            raise unreachable(url, f"more than {MAX_ANSWER:,} bytes")
        if status != 200:
            raise unreachable(url, f"status {status}")
        return body

    async def json(
        self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] = {}
    ) -> Any:
        """The answer's JSON. Raises LoginFailed as `document` does, or when it is no JSON."""
        body = await self.document(url, form, {"Accept": "application/json", **headers})
        try:
            return msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise unreachable(url, "not JSON") from error


def unreachable(url: str, reason: str) -> LoginFailed:
    """The identity provider does not answer as it should; what it answered is shown to nobody."""
    where = f"{urlsplit(url).hostname}{urlsplit(url).path}"
    log.warning("sign-in: %s: %s", where, reason)
    return LoginFailed(
        "provider_unreachable",
        "the identity provider does not answer as it should",
        "Try again in a moment; whoever runs this server finds the reason in its log.",
        f"{where}: {reason}",
        status=502,
    )


def require_as_safe(url: str, configured: str) -> str:
    """`url`, which an identity provider named. Raises ConfigError when it is less than HTTPS.

    Only a provider that is configured by http:// may name such addresses.
    """
    if urlsplit(url).scheme != "https" and urlsplit(configured).scheme != "http":
        raise ConfigError(f"the identity provider names an address without HTTPS: {url}")
    return url
