"""One message to one person."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, localtime, make_msgid
from typing import NamedTuple

from loom.server.addresses import domain_of
from loom.server.sections.mail import MailSettings


class Letter(NamedTuple):
    """`to` is one address (`is_address`); `html` says what `text` says."""

    to: str
    subject: str
    text: str
    html: str


def as_message(letter: Letter, settings: MailSettings) -> EmailMessage:
    """The letter as it goes out: multipart/alternative. Source: RFC 5322, RFC 3834."""
    message = EmailMessage(policy=SMTP if letter.to.isascii() else SMTPUTF8)
    message["From"] = Address(settings.from_name, addr_spec=settings.from_address)
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=domain_of(settings.from_address))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message
