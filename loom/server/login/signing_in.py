"""Where every login door ends: who it is, whether they may have an account, and their session.

Accounts are linked by verified e-mail only. An address that nobody verified neither finds an
account nor makes one, and is refused in the same words whether or not somebody has it.
"""

import sqlite3
from dataclasses import dataclass

from aiohttp import web

from loom.api.accounts import User
from loom.server import users
from loom.server.addresses import domain_of, folded, is_address
from loom.server.auth import identities
from loom.server.auth.next_page import safe_next
from loom.server.door import audit
from loom.server.errors import Refused
from loom.server.keys import CLOCK, CONFIG, DATABASE
from loom.server.login import returning, web_sessions
from loom.server.login.named import named
from loom.server.names import tidied_name
from loom.server.responses import see_other
from loom.server.sections.login import LoginSettings

_INVITED = """
SELECT 1 FROM org_invitations JOIN organizations ON organizations.id = org
WHERE email = ? AND expires_at > ? AND organizations.deleted_at IS NULL
"""


@dataclass(frozen=True)
class Arrival:
    """Somebody at a login door, as whoever vouches for them says.

    Attributes:
        provider: the door: `email`, `github`, `google`, `okta`, `dev`.
        subject: the provider's own unchanging id of the person; "" where the address is all there
            is, and then no identity is kept.
        is_vouched_for: the operator wants them in, whatever `signups` says.
    """

    provider: str
    subject: str
    email: str
    is_email_verified: bool
    name: str = ""
    is_vouched_for: bool = False


async def let_in(request: web.Request, arrival: Arrival, next_page: str = "") -> web.Response:
    """Signs the browser in and sends it on to `next_page`, or to the account's page.

    Who deleted their account is asked first whether they want it back.

    Raises:
        Refused: they may not come in; it is audited.
    """
    gone = request.app[DATABASE].read(lambda connection: returning.gone(connection, arrival))
    if gone is not None and gone.may_return:
        return await returning.ask(request, arrival, safe_next(next_page))
    user = await identified(request, arrival)
    response = see_other(safe_next(next_page))
    await web_sessions.start(request, response, user.id)
    audit(request, "auth.login", provider=arrival.provider)
    return response


async def identified(request: web.Request, arrival: Arrival) -> User:
    """Whose account it is, made if need be. Raises Refused, audited, when they may have none."""
    settings, now = request.app[CONFIG].login, request.app[CLOCK]()
    try:
        return await request.app[DATABASE].write(
            lambda connection: account_of(connection, arrival, settings, now)
        )
    except Refused as refusal:
        facts = {"provider": arrival.provider, "reason": refusal.code}
        audit(request, "auth.login", "denied", **facts, **named(request, arrival.email))
        raise


def account_of(
    connection: sqlite3.Connection, arrival: Arrival, settings: LoginSettings, now_ms: int
) -> User:
    """The account of `arrival`: by identity, else by verified e-mail, else a new one.

    Raises:
        Refused: the account was deleted, the address is not verified, or sign-ups are closed.
    """
    email = folded(arrival.email)
    if returning.gone(connection, arrival) is not None:
        hint = "Ask an admin to restore it."
        raise Refused(403, "account_deleted", "This account was deleted.", hint)
    user = _known(connection, arrival) or _linked(connection, arrival, email)
    if user is None:
        _require_welcome(connection, arrival, email, settings, now_ms)
        user = users.create(
            connection, tidied_name(arrival.name) or email.partition("@")[0], email, now_ms
        )
    if arrival.subject:
        key = (arrival.provider, arrival.subject)
        identities.use(connection, *key, user.id, email, now_ms)
    return user


def _known(connection: sqlite3.Connection, arrival: Arrival) -> User | None:
    if not arrival.subject:
        return None
    user_id = identities.user_of(connection, arrival.provider, arrival.subject)
    if user_id is None:
        return None
    return users.find(connection, user_id)


def _linked(connection: sqlite3.Connection, arrival: Arrival, email: str) -> User | None:
    if not arrival.is_email_verified or not is_address(email):
        raise Refused(
            403,
            "email_unverified",
            f"{arrival.provider} has not verified your e-mail address.",
            "Verify it there and sign in again, or sign in another way.",
        )
    return users.find_by_email(connection, email)


def _require_welcome(
    connection: sqlite3.Connection,
    arrival: Arrival,
    email: str,
    settings: LoginSettings,
    now_ms: int,
) -> None:
    if not (arrival.is_vouched_for or may_sign_up(connection, email, settings, now_ms)):
        raise Refused(
            403,
            "signup_closed",
            "There is no account for this address, and this server makes none by itself.",
            "Ask whoever runs it to invite you.",
        )


def may_sign_up(
    connection: sqlite3.Connection, email: str, settings: LoginSettings, now_ms: int
) -> bool:
    """Whether the owner of this address may have an account; `email` is folded."""
    if settings.signups == "open":
        return True
    if settings.signups == "domain" and domain_of(email) in settings.signup_domains:
        return True
    return connection.execute(_INVITED, (email, now_ms)).fetchone() is not None
