"""Sends letters in the background.

What is posted is a function that makes the letter, or finds that there is none to write: the one
who posts it learns nothing of that, neither by the answer nor by the time it takes.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from loom.core.errors import LoomError
from loom.server.addresses import domain_of
from loom.server.mail.letter import Letter, as_message
from loom.server.sections.mail import MailSettings

log = logging.getLogger("loom.mail")

Write = Callable[[], Awaitable[Letter | None]]
WORKERS = 4
MOST_WAITING = 500
"""Letters; further ones are dropped, and the log says so."""

RETRY_AFTER = (2.0, 15.0)
"""Seconds after which a mail server that cannot take a letter now is asked again."""


class Mailer:
    """Holds what waits to be written; `run` sends it.

    Args:
        settings: None where there is no mail server: then nothing is ever written.
        retry_after: seconds between tries.
    """

    def __init__(
        self, settings: MailSettings | None, retry_after: Sequence[float] = RETRY_AFTER
    ) -> None:
        self._settings = settings
        self._retry_after = retry_after
        self._waiting: asyncio.Queue[Write] = asyncio.Queue(MOST_WAITING)

    def post(self, write: Write) -> None:
        """Has `write` called, and its letter sent, soon."""
        if self._settings is None:
            return
        try:
            self._waiting.put_nowait(write)
        except asyncio.QueueFull:
            log.error("a letter was dropped: %d wait already", MOST_WAITING)

    async def run(self) -> None:
        """Sends until cancelled."""
        if self._settings is None:
            return
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work(self._settings))

    async def _work(self, settings: MailSettings) -> None:
        # `asyncio.wait_for`, which the mail library uses, loses a cancellation before Python 3.12.
        while not _is_cancelled():
            write = await self._waiting.get()
            try:
                letter = await write()
                if letter is not None:
                    await self._sent(letter, settings)
            except LoomError as error:
                log.error("a letter could not be written: %s", error.message)

    async def _sent(self, letter: Letter, settings: MailSettings) -> None:
        from aiosmtplib import SMTPException

        for wait in (*self._retry_after, None):
            try:
                return await _send(letter, settings)
            except (SMTPException, OSError, ValueError) as error:
                is_over = wait is None or not _may_pass(error)
                words = "no mail to somebody at %s%s: %s: %s"
                facts = ("" if is_over else ", yet", type(error).__name__, error)
                log.log(
                    logging.ERROR if is_over else logging.WARNING,
                    words,
                    domain_of(letter.to),
                    *facts,
                )
                if is_over:
                    return None
                await asyncio.sleep(wait or 0.0)
        return None


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _send(letter: Letter, settings: MailSettings) -> None:
    # 50 ms to import, for a server that has mail to send.
    import aiosmtplib

    context = ssl.create_default_context(cafile=settings.ca_file)
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        username=settings.username or None,
        password=settings.password.expose() if settings.password else None,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=None if settings.security == "none" else context,
        timeout=settings.timeout,
    )
    # Not `async with`: when cancelled, that waits for the mail server's good-bye.
    try:
        await client.connect()
        await client.send_message(as_message(letter, settings))
        with suppress(aiosmtplib.SMTPException):
            await client.quit()
    finally:
        client.close()


def _may_pass(error: Exception) -> bool:
    """Another try may do: the server was not there, or said 4xx (RFC 5321 §4.2.1)."""
    code = getattr(error, "code", None)
    return not isinstance(error, ValueError) and (code is None or 400 <= code < 500)
