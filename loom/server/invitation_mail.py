"""The letter that brings an invitation."""

from aiohttp import web

from loom.api.orgs import Invitation
from loom.secrets import Secret
from loom.server.errors import Refused
from loom.server.keys import CONFIG, MAILER
from loom.server.magic_link import link_base
from loom.server.mail.letter import Letter
from loom.server.orgs import Found
from loom.server.pages.letters import invitation_letter
from loom.server.rate_limits import Rate

INVITATIONS = Rate("invitations", 30, 120.0)
"""By who invites: a letter goes to anybody they name."""

PATH = "/invitations"


def post_invitation(
    request: web.Request, org: Found, invitation: Invitation, token: Secret
) -> bool:
    """Has it mailed; False where the server sends no mail or does not know its own address."""
    if request.app[CONFIG].mail is None:
        return False
    try:
        base = link_base(request)
    except Refused:
        return False

    async def write() -> Letter:
        return invitation_letter(invitation, org.name, f"{base}{PATH}/{token.expose()}")

    request.app[MAILER].post(write)
    return True
