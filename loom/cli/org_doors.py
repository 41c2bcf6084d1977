"""`loom org`: the ways into an organization, by invitation and by asking."""

from argparse import Namespace
from typing import TYPE_CHECKING

from loom.cli.team_words import add_org, add_word, day, show, tell

if TYPE_CHECKING:
    from loom.api.client import ServerClient
    from loom.api.clients.orgs import OrgsClient
    from loom.api.orgs import Org


def add_words(words: object) -> None:
    """Invitations, and requests to be let in."""
    invite = add_word(words, "invite", _invite, "invite somebody by e-mail address, for 30 days")
    invite.add_argument("email", metavar="EMAIL")
    invite.add_argument("--role", choices=("admin", "member"), default="member")
    add_org(invite)
    add_org(add_word(words, "invitations", _invitations, "invitations that wait"))
    revoke = add_word(words, "uninvite", _uninvite, "take an invitation back")
    revoke.add_argument("who", metavar="EMAIL", help="or the invitation's id")
    add_org(revoke)
    accept = add_word(words, "accept", _accept, "accept an invitation that is for your address")
    accept.add_argument("token", metavar="TOKEN")
    join = add_word(words, "join", _join, "ask a public organization to let you in")
    join.add_argument("org", metavar="SLUG")
    join.add_argument("-m", "--message", default="", help="what its admins read")
    add_org(add_word(words, "requests", _requests, "who asks to be let in"))
    for name, summary in (("approve", "let somebody in who asked"), ("reject", "say no to them")):
        answer = add_word(words, name, _answer, summary)
        answer.add_argument("who", metavar="WHO", help="e-mail address or id")
        answer.set_defaults(is_welcome=name == "approve")
        add_org(answer)


async def _invite(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient
    from loom.api.orgs import NewInvitation

    orgs = OrgsClient(client)
    org = await orgs.chosen(args.org)
    made = await orgs.invite(org, NewInvitation(args.email, args.role))
    where = "It is mailed to them; it is" if made.is_mailed else "Send them"
    until = day(made.invitation.expires_at)
    text = f"{made.invitation.email} is invited to {org} until {until}. {where}:"
    status = tell(args, made, text)
    if not args.json:
        print(f"  {made.link}\n  loom org accept {made.token}")
    return status


async def _invitations(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    orgs = OrgsClient(client)
    answer = await orgs.invitations(await orgs.chosen(args.org))
    rows = [
        (each.role, each.email, each.invited_by, day(each.expires_at), each.id)
        for each in answer.invitations
    ]
    return show(args, answer, ("ROLE", "E-MAIL", "BY", "UNTIL", "ID"), rows, "Nobody is invited.")


async def _uninvite(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient
    from loom.core.errors import LoomError

    orgs = OrgsClient(client)
    org = await orgs.chosen(args.org)
    waiting = (await orgs.invitations(org)).invitations
    who = args.who.lower()
    found = next((each for each in waiting if who in (each.id, each.email.lower())), None)
    if found is None:
        raise LoomError(f"{args.who} is not invited to {org}", "See loom org invitations.")
    await orgs.revoke_invitation(org, found.id)
    return tell(args, found, f"{found.email} is no longer invited to {org}.")


async def _accept(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    orgs = OrgsClient(client)
    org = await orgs.accept(args.token)
    return tell(args, org, f"You are {org.role} of {org.name}. {await belongs(orgs, org)}")


async def belongs(orgs: "OrgsClient", org: "Org") -> str:
    """Whether what the caller makes belongs to `org` now, and how to have it otherwise."""
    if (await orgs.me()).org_id == org.id:
        back = "loom org use personal goes back"
        return f"What you make belongs to it from now on, and it pays; {back}."
    return f"What you make belongs to it after: loom org use {org.slug}"


async def _join(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    await OrgsClient(client).ask_to_join(args.org, args.message)
    return tell(args, {"org": args.org}, f"The admins of {args.org} will see that you ask.")


async def _requests(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    orgs = OrgsClient(client)
    answer = await orgs.join_requests(await orgs.chosen(args.org))
    rows = [
        (each.email, each.message, each.name, day(each.created_at)) for each in answer.join_requests
    ]
    return show(args, answer, ("E-MAIL", "MESSAGE", "NAME", "SINCE"), rows, "Nobody asks.")


async def _answer(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient
    from loom.core.errors import LoomError

    orgs = OrgsClient(client)
    org = await orgs.chosen(args.org)
    waiting = (await orgs.join_requests(org)).join_requests
    who = args.who.lower()
    found = next((each for each in waiting if who in (each.user_id, each.email.lower())), None)
    if found is None:
        raise LoomError(f"{args.who} does not ask to be let in", "See loom org requests.")
    await orgs.answer_join(org, found.user_id, is_welcome=args.is_welcome)
    words = "is in" if args.is_welcome else "was not let into"
    return tell(args, found, f"{found.email} {words} {org}.")
