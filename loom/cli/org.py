"""`loom org`: organizations of a team's server, and who is in them."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from loom.cli import org_doors
from loom.cli.org_doors import belongs
from loom.cli.team_words import add_org, add_word, add_yes, day, require_yes, run_word, show, tell

if TYPE_CHECKING:
    from loom.api.client import ServerClient
    from loom.api.orgs import Org, OrgVisibility

HELP = """\
Organizations share threads, API keys and a budget on a team's server.

  loom org create "Acme Works"
  loom org invite carol@example.com         she says: loom org accept TOKEN
  loom org members
  loom org role carol@example.com admin
  loom org use acme-works                   what you make belongs to it from now on; or: personal

The first one that you make or join is the one that you use: your threads belong to it, and stay
yours alone until you share them (loom share); it pays for your requests, within its budgets.
Where you are in one organization only, or use one, commands need no --org."""


def add_arguments(parser: ArgumentParser) -> None:
    """A word for everything that can be done."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    add_word(words, "list", _list, "your organizations")
    create = add_word(words, "create", _create, "make an organization; you own it")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--slug", default="", metavar="SLUG", help="its name in commands and paths")
    create.add_argument("--public", action="store_true", help="others may see it and ask to join")
    use = add_word(words, "use", _use, "what you make belongs to it from now on")
    use.add_argument("org", metavar="SLUG", help="'personal' for your own")
    _add_changes(words)
    _add_members(words)
    org_doors.add_words(words)


def run(args: Namespace) -> int:
    """Does what the word says. Raises LoomError."""
    return run_word(args)


def _add_changes(words: object) -> None:
    change = add_word(words, "change", _change, "another name, slug or visibility")
    add_org(change)
    change.add_argument("--name", metavar="NAME")
    change.add_argument("--slug", metavar="SLUG")
    change.add_argument("--visibility", choices=("public", "private"))
    delete = add_word(words, "delete", _delete, "delete it; it can be restored for 90 days")
    delete.add_argument("org", metavar="SLUG")
    add_yes(delete)
    restore = add_word(words, "restore", _restore, "take a deleted one back into use")
    restore.add_argument("org", metavar="SLUG")


def _add_members(words: object) -> None:
    add_org(add_word(words, "members", _members, "who is in it"))
    role = add_word(words, "role", _role, "give a member another role")
    role.add_argument("who", metavar="WHO", help="e-mail address, name or id")
    role.add_argument("role", choices=("owner", "admin", "member"))
    add_org(role)
    remove = add_word(words, "remove", _remove, "let a member go; their keys end")
    remove.add_argument("who", metavar="WHO", help="e-mail address, name or id")
    add_org(remove)
    add_yes(remove)
    leave = add_word(words, "leave", _leave, "leave it")
    leave.add_argument("org", metavar="SLUG")
    add_yes(leave)


async def _list(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    answer = await OrgsClient(client).mine()
    rows = [(org.slug, org.name, org.role, _about(org)) for org in answer.orgs]
    return show(args, answer, ("SLUG", "NAME", "YOU ARE", ""), rows, "You are in none.")


def _about(org: "Org") -> str:
    if org.gone_at:
        return f"deleted; loom org restore {org.slug} until {day(org.gone_at)}"
    return "personal" if org.is_personal else org.visibility


async def _create(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    visibility: OrgVisibility = "public" if args.public else "private"
    orgs = OrgsClient(client)
    org = await orgs.create(args.name, args.slug, visibility)
    words = f"{org.slug} is yours; loom org invite EMAIL --org {org.slug} lets others in."
    return tell(args, org, f"{words} {await belongs(orgs, org)}")


async def _use(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    user = await OrgsClient(client).use("" if args.org == "personal" else args.org)
    who = "to you alone" if args.org == "personal" else f"to {args.org}, which pays for it,"
    return tell(args, user, f"What you make belongs {who} from now on.")


async def _change(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient
    from loom.api.orgs import OrgChange

    orgs = OrgsClient(client)
    asked = OrgChange(args.name, args.slug, args.visibility)
    org = await orgs.change(await orgs.chosen(args.org), asked)
    return tell(args, org, f"{org.slug}: {org.name}, {org.visibility}")


async def _delete(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    require_yes(args, f"Delete {args.org} for everybody in it?")
    org = await OrgsClient(client).delete(args.org)
    words = f"{org.slug} is deleted; loom org restore {org.slug} until {day(org.gone_at)}"
    return tell(args, org, words)


async def _restore(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    org = await OrgsClient(client).restore(args.org)
    return tell(args, org, f"{org.slug} is back.")


async def _members(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    orgs = OrgsClient(client)
    answer = await orgs.members(await orgs.chosen(args.org))
    rows = [(each.email, each.name, each.role, day(each.joined_at)) for each in answer.members]
    return show(args, answer, ("E-MAIL", "NAME", "ROLE", "SINCE"), rows, "Nobody is in it.")


async def _role(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    orgs = OrgsClient(client)
    org = await orgs.chosen(args.org)
    member = await orgs.set_role(org, (await orgs.member(org, args.who)).id, args.role)
    return tell(args, member, f"{member.email} is {member.role} of {org}.")


async def _remove(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    orgs = OrgsClient(client)
    org = await orgs.chosen(args.org)
    member = await orgs.member(org, args.who)
    require_yes(args, f"Remove {member.email} from {org}, with their keys and invitations?")
    await orgs.remove(org, member.id)
    return tell(args, {"id": member.id, "org": org}, f"{member.email} is no longer in {org}.")


async def _leave(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    require_yes(args, f"Leave {args.org}?")
    await OrgsClient(client).remove(args.org, "me")
    return tell(args, {"org": args.org}, f"You are no longer in {args.org}.")
