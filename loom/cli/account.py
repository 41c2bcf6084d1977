"""`loom account`: one's own account at a team's server."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from loom.cli.team_words import add_word, add_yes, day, require_yes, run_word, tell

if TYPE_CHECKING:
    from loom.api.client import ServerClient

HELP = """\
Your own account at a team's server.

  loom account name "Carol Weaver"
  loom account storage              how much room your threads take, and may
  loom account delete               for 90 days, signing in again can bring it back"""


def add_arguments(parser: ArgumentParser) -> None:
    """The words `name`, `storage` and `delete`."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    name = add_word(words, "name", _name, "how others see you")
    name.add_argument("name", metavar="NAME")
    add_word(words, "storage", _storage, "how much room your threads take on the server")
    add_yes(add_word(words, "delete", _delete, "delete your account and what is yours alone"))


def run(args: Namespace) -> int:
    """Does what the word says. Raises LoomError."""
    return run_word(args)


async def _name(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.account import AccountClient

    user = await AccountClient(client).rename(args.name)
    return tell(args, user, f"You are {user.name}.")


async def _storage(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.account import AccountClient
    from loom.api.sizes import told_size

    found = await AccountClient(client).storage()
    of = f" of {told_size(found.limit)}" if found.limit else ", without a limit"
    words = f"Your threads and their images take {told_size(found.used)}{of}."
    if found.deleted:
        words += f" {told_size(found.deleted)} are deleted, and go when there is no other room."
    return tell(args, found, words)


async def _delete(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.account import AccountClient

    require_yes(args, "Delete your account, your keys and what only you are in?")
    gone = await AccountClient(client).delete()
    words = f"Your account is deleted; sign in before {day(gone.gone_at)} to have it back."
    return tell(args, gone, words)
