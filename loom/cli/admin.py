"""`loom admin`: accounts of a team's server, for those who run it."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from loom.cli.team_words import add_word, add_yes, day, require_yes, run_word, show, tell
from loom.cli.threads_table import positive

if TYPE_CHECKING:
    from loom.api.client import ServerClient

HELP = """\
Accounts of a team's server. It takes a system_admin; the first person who signs in is one.

  loom admin users carol
  loom admin role carol@example.com support auditor      these and no others
  loom admin role carol@example.com none
  loom admin impersonate carol@example.com               a token, for an hour; it is audited
  LOOM_TOKEN=lt_... loom admin impersonate --stop"""
ROLES = ("system_admin", "support", "auditor")


def add_arguments(parser: ArgumentParser) -> None:
    """A word for everything that can be done."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    users = add_word(words, "users", _users, "accounts, newest first")
    users.add_argument("query", nargs="?", default="", help="part of a name or an address")
    users.add_argument("-l", "--limit", type=positive, default=50, metavar="N", help="default: 50")
    users.add_argument("--after", default="", metavar="ID", help="the page after this account")
    role = add_word(words, "role", _role, "what somebody may on the whole server")
    delete = add_word(words, "delete", _delete, "delete an account; 90 days to restore it")
    restore = add_word(words, "restore", _restore, "take a deleted account back into use")
    for each in (role, delete, restore):
        each.add_argument("who", metavar="WHO", help="e-mail address, name or id")
    role.add_argument("roles", nargs="+", choices=(*ROLES, "none"), metavar="ROLE")
    add_yes(delete)
    other = add_word(words, "impersonate", _impersonate, "act in somebody's place for an hour")
    other.add_argument("who", nargs="?", metavar="WHO", help="nobody: say whether you do")
    other.add_argument("--stop", action="store_true", help="end it, with the token that you got")


def run(args: Namespace) -> int:
    """Does what the word says. Raises LoomError."""
    return run_word(args)


async def _users(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.admin import AdminClient
    from loom.api.sizes import told_size

    answer = await AdminClient(client).users(args.query, args.after, args.limit)
    rows = [
        (
            *(user.email, user.name, " ".join(user.roles), day(user.created_at)),
            *(told_size(user.stored), _fate(user.gone_at)),
        )
        for user in answer.users
    ]
    columns = ("E-MAIL", "NAME", "ROLES", "SINCE", "STORED", "")
    status = show(args, answer, columns, rows, "No account is like that.")
    if answer.next and not args.json:
        print(f"There are more: --after {answer.next}")
    return status


def _fate(gone_at: str) -> str:
    return f"deleted, until {day(gone_at)}" if gone_at else ""


async def _role(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.admin import AdminClient

    admin = AdminClient(client)
    roles = tuple(role for role in args.roles if role != "none")
    account = await admin.set_roles((await admin.user(args.who)).id, roles)
    return tell(args, account, f"{account.email}: {', '.join(account.roles) or 'no role'}")


async def _delete(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.admin import AdminClient

    admin = AdminClient(client)
    account = await admin.user(args.who)
    require_yes(args, f"Delete the account of {account.email}?")
    gone = await admin.delete(account.id)
    words = f"{account.email} is deleted; loom admin restore {account.email} until "
    return tell(args, gone, words + day(gone.gone_at))


async def _restore(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.admin import AdminClient

    admin = AdminClient(client)
    account = await admin.restore((await admin.user(args.who)).id)
    return tell(args, account, f"{account.email} is back.")


async def _impersonate(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.admin import AdminClient

    admin = AdminClient(client)
    if args.stop:
        await admin.stop_impersonating()
        return tell(args, {"is_impersonating": False}, "You are yourself again.")
    if args.who is None:
        state = await admin.impersonation()
        words = f"You are in the place of {state.user_id} until {state.ends_at}."
        return tell(args, state, words if state.is_impersonating else "You are yourself.")
    account = await admin.user(args.who)
    made = await admin.impersonate(account.id)
    status = tell(args, made, f"You are {account.email} until {made.ends_at}, and it is audited:")
    if not args.json:
        print(f"  LOOM_TOKEN={made.token} loom ...")
    return status
