"""`loom team`: teams of an organization."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from loom.cli.team_words import add_org, add_word, add_yes, require_yes, run_word, show, tell

if TYPE_CHECKING:
    from loom.api.client import ServerClient
    from loom.api.clients.teams import TeamsClient
    from loom.api.teams import TeamRole

HELP = """\
Teams are part of an organization's members; threads can be shared with one.

  loom team create Backend
  loom team add backend carol@example.com
  loom team members backend"""


def add_arguments(parser: ArgumentParser) -> None:
    """A word for everything that can be done."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    add_org(add_word(words, "list", _list, "the organization's teams"))
    create = add_word(words, "create", _create, "make a team")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--slug", default="", metavar="SLUG", help="its name in commands and paths")
    add_org(create)
    delete = add_word(words, "delete", _delete, "delete a team, for good")
    members = add_word(words, "members", _members, "who is in a team")
    add = add_word(words, "add", _add, "take somebody of the organization in")
    remove = add_word(words, "remove", _remove, "let somebody go")
    for parser_of_team in (delete, members, add, remove):
        parser_of_team.add_argument("team", metavar="TEAM")
        add_org(parser_of_team)
    for parser_of_person in (add, remove):
        parser_of_person.add_argument("who", metavar="WHO", help="e-mail address, name or id")
    add.add_argument("--maintainer", action="store_true", help="who says who is in it")
    add_yes(delete)


def run(args: Namespace) -> int:
    """Does what the word says. Raises LoomError."""
    return run_word(args)


async def _teams(args: Namespace, client: "ServerClient") -> "tuple[str, TeamsClient]":
    from loom.api.clients.orgs import OrgsClient
    from loom.api.clients.teams import TeamsClient

    org = await OrgsClient(client).chosen(args.org)
    return org, TeamsClient(client, org)


async def _list(args: Namespace, client: "ServerClient") -> int:
    _, teams = await _teams(args, client)
    answer = await teams.listed()
    rows = [(each.slug, each.name, str(each.member_count), each.role) for each in answer.teams]
    nothing = "It has no teams; loom team create makes one."
    return show(args, answer, ("SLUG", "NAME", "MEMBERS", "YOU ARE"), rows, nothing)


async def _create(args: Namespace, client: "ServerClient") -> int:
    org, teams = await _teams(args, client)
    made = await teams.create(args.name, args.slug)
    return tell(args, made, f"{made.slug} is a team of {org}; loom team add {made.slug} WHO")


async def _delete(args: Namespace, client: "ServerClient") -> int:
    org, teams = await _teams(args, client)
    require_yes(args, f"Delete the team {args.team} of {org}, for good?")
    await teams.delete(args.team)
    return tell(args, {"team": args.team, "org": org}, f"{args.team} is deleted.")


async def _members(args: Namespace, client: "ServerClient") -> int:
    _, teams = await _teams(args, client)
    answer = await teams.members(args.team)
    rows = [(each.email, each.name, each.role) for each in answer.members]
    return show(args, answer, ("E-MAIL", "NAME", "ROLE"), rows, "Nobody is in it.")


async def _add(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    org, teams = await _teams(args, client)
    member = await OrgsClient(client).member(org, args.who)
    role: TeamRole = "maintainer" if args.maintainer else "member"
    await teams.put(args.team, member.id, role)
    done = {"team": args.team, "user_id": member.id, "role": role}
    return tell(args, done, f"{member.email} is {role} of {args.team}.")


async def _remove(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.orgs import OrgsClient

    org, teams = await _teams(args, client)
    member = await OrgsClient(client).member(org, args.who)
    await teams.remove(args.team, member.id)
    done = {"team": args.team, "user_id": member.id}
    return tell(args, done, f"{member.email} is no longer in {args.team}.")
