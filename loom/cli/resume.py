"""`loom resume [ID]`: go on with a thread."""

from argparse import ArgumentParser, Namespace

from loom.cli.options import add_session_options

HELP = (
    "Go on with a thread: the last one of this folder, or the one whose ID begins with ID. One "
    "that is on your team's server only is fetched first; a colleague's becomes a copy of yours."
)


def add_arguments(parser: ArgumentParser) -> None:
    """ID, and the flags of every session."""
    parser.add_argument("id", metavar="ID", nargs="?", default="", help="a thread, or its prefix")
    add_session_options(parser)


def run(args: Namespace) -> int:
    """Open the app on the thread. Raises LoomError."""
    from msgspec.structs import replace

    from loom.cli.chat import opening_of, show
    from loom.cli.threads_remote import fetched

    opening = opening_of(args, resume=args.id)
    if args.id:
        opening = replace(opening, resume=fetched(opening.plan, args.id))
    return show(opening)
