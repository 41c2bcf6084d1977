"""`loom resume [ID]`: go on with a thread."""

from argparse import ArgumentParser, Namespace

from loom.cli.options import add_session_options

HELP = "Go on with a thread: the last one of this folder, or the one whose ID begins with ID."


def add_arguments(parser: ArgumentParser) -> None:
    """ID, and the flags of every session."""
    parser.add_argument("id", metavar="ID", nargs="?", default="", help="a thread, or its prefix")
    add_session_options(parser)


def run(args: Namespace) -> int:
    """Open the app on the thread. Raises LoomError."""
    from loom.cli.chat import opening_of, show

    return show(opening_of(args, resume=args.id))
