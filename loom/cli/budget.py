"""`loom budget`: what may be spent on models, and what is."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from loom.api.money import dollars
from loom.cli.team_words import add_org, add_word, day, run_word, show, tell

if TYPE_CHECKING:
    from loom.api.budgets import Budget, BudgetScope
    from loom.api.client import ServerClient

HELP = """\
Budgets limit what an organization's requests to models cost. Hard ones refuse, soft ones warn.

  loom budget set 500                          500 dollars a month for the organization
  loom budget set 20 --period day --each-user  20 dollars a day for each one in it
  loom budget set 50 --user carol@example.com --model 'claude-opus*' --soft
  loom budget set 100 --each-user --server     whichever organization they use
  loom budget list
  loom budget rm ID

Days, weeks (from Monday) and months are those of UTC. An organization's budgets bind what is asked
on it; who uses another one, a personal one too, is bound there by the server's (--server)."""


def add_arguments(parser: ArgumentParser) -> None:
    """A word for everything that can be done."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    _add_place(add_word(words, "list", _list, "the organization's budgets and where they stand"))
    add_word(words, "mine", _mine, "the budgets that bind you")
    made = add_word(words, "set", _set, "set a limit, or change it")
    made.add_argument("dollars", type=float, metavar="DOLLARS")
    made.add_argument("--period", choices=("day", "week", "month"), default="month")
    made.add_argument("--model", default="*", metavar="PATTERN", help="claude-opus*, openai/*")
    made.add_argument("--soft", action="store_true", help="warn, and refuse nothing")
    made.add_argument("--contact", default="", metavar="WHO", help="whom to ask for more")
    whom = made.add_mutually_exclusive_group()
    whom.add_argument("--user", metavar="WHO", help="for one user, by e-mail address or id")
    whom.add_argument("--each-user", action="store_true", help="for each user alone")
    whom.add_argument("--key", metavar="KEY", help="for one API key, by name or id")
    whom.add_argument("--each-key", action="store_true", help="for each API key alone")
    _add_place(made)
    gone = add_word(words, "rm", _remove, "remove one")
    gone.add_argument("id", metavar="ID", help="as `loom budget list` shows it")
    _add_place(gone)


def run(args: Namespace) -> int:
    """Does what the word says. Raises LoomError."""
    return run_word(args)


def _add_place(parser: ArgumentParser) -> None:
    add_org(parser)
    parser.add_argument("--server", action="store_true", help="over all organizations")


async def _place(args: Namespace, client: "ServerClient") -> str:
    from loom.api.clients.orgs import OrgsClient

    return "" if args.server else await OrgsClient(client).chosen(args.org)


async def _list(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.spending import SpendingClient

    answer = await SpendingClient(client).budgets(await _place(args, client))
    return show(args, answer, COLUMNS, [_row(each) for each in answer.budgets], NONE)


async def _mine(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.spending import SpendingClient

    answer = await SpendingClient(client).mine()
    rows = [(row[0], _mine_for(each), *row[2:]) for each in answer.budgets for row in [_row(each)]]
    return show(args, answer, COLUMNS, rows, "No budget binds you.")


def _mine_for(budget: "Budget") -> str:
    """For whom; of those that bind a user all are the caller's."""
    return "you" if budget.scope == "user" else whom(budget)


COLUMNS = ("ID", "FOR", "MODELS", "PERIOD", "KIND", "SPENT", "LIMIT", "BEGINS ANEW")
NONE = "There is no budget: loom budget set DOLLARS makes one."


def _row(budget: "Budget") -> tuple[str, ...]:
    return (
        budget.id,
        whom(budget),
        budget.model,
        budget.period,
        "hard" if budget.is_hard else "soft",
        dollars(budget.spent_usd),
        dollars(budget.limit_usd),
        day(budget.resets_at),
    )


def whom(budget: "Budget") -> str:
    """Whom it binds, in words."""
    if budget.scope == "all":
        return "the organization" if budget.org else "the server"
    if budget.subject == "*":
        return f"each {budget.scope}"
    return budget.subject_name or f"{budget.scope} {budget.subject}"


async def _set(args: Namespace, client: "ServerClient") -> int:
    from loom.api.budgets import NewBudget
    from loom.api.clients.spending import SpendingClient

    scope, subject = _subject(args)
    asked = NewBudget(
        args.dollars, args.period, scope, subject, args.model, not args.soft, args.contact
    )
    made = await SpendingClient(client).put(await _place(args, client), asked)
    what = "refused" if made.is_hard else "warned of"
    words = f"{whom(made)}: more than {dollars(made.limit_usd)} a {made.period} is {what}."
    is_address = "@" in whom(made)
    return tell(args, made, words if is_address else words[0].upper() + words[1:])


def _subject(args: Namespace) -> "tuple[BudgetScope, str]":
    if args.user or args.each_user:
        return "user", args.user or "*"
    if args.key or args.each_key:
        return "key", args.key or "*"
    return "all", ""


async def _remove(args: Namespace, client: "ServerClient") -> int:
    from loom.api.clients.spending import SpendingClient

    await SpendingClient(client).remove(await _place(args, client), args.id)
    return tell(args, {"removed": args.id}, "It binds nobody any more.")
