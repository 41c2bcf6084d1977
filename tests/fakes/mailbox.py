"""A real SMTP server (aiosmtpd) whose letters can be read."""

import asyncio
import re
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from loom.secrets import Secret
from loom.server.sections.mail import MailSettings

PEM = Path(__file__).parent / "tls" / "self_signed.pem"
USER, PASSWORD = "loom", "the-mailbox-password"


@dataclass
class Mailbox:
    """What arrived, in order. `refuse` is answered instead of taking a letter."""

    letters: asyncio.Queue[EmailMessage] = field(default_factory=asyncio.Queue)
    envelopes: list[Envelope] = field(default_factory=list)
    port: int = 0
    refuse: list[str] = field(default_factory=list)
    is_encrypted: bool = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse.pop(0)
        self.is_encrypted = session.ssl is not None or server.transport.get_extra_info("cipher")
        self.envelopes.append(envelope)
        content = envelope.original_content or b""
        self.letters.put_nowait(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    async def next(self) -> EmailMessage:
        """The next letter."""
        async with asyncio.timeout(10):
            return await self.letters.get()

    async def link(self) -> str:
        """Path and query of the link in the next letter."""
        return link_in(text_of(await self.next()))


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def link_in(text: str) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", text)
    assert found is not None, text
    return found[1]


@asynccontextmanager
async def mailbox(security: str = "none") -> AsyncIterator[tuple[Mailbox, MailSettings]]:
    """A mail server, and the settings that reach it."""
    box, context = Mailbox(), None
    if security != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(PEM)
    server = await asyncio.get_running_loop().create_server(
        _factory(box, security, context),
        *("localhost", 0),
        ssl=context if security == "tls" else None,
        family=2,
    )
    box.port = server.sockets[0].getsockname()[1]
    has_password = security != "none"
    settings = MailSettings(
        host="localhost",
        port=box.port,
        from_address="loom@acme.example",
        username=USER if has_password else "",
        password=Secret(PASSWORD) if has_password else None,
        security=security,
        ca_file=PEM,
    )
    try:
        yield box, settings
    finally:
        server.close()


def _factory(box: Mailbox, security: str, context: ssl.SSLContext | None) -> Callable[[], SMTP]:
    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        is_right = data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right)

    def make() -> SMTP:
        with warnings.catch_warnings():
            # It does not see that TLS was there before SMTP was.
            warnings.simplefilter("ignore", UserWarning)
            return made()

    def made() -> SMTP:
        return SMTP(
            box,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            auth_required=security != "none",
            auth_require_tls=security == "starttls",
            authenticator=authenticator,
            loop=asyncio.get_running_loop(),
        )

    return make
