"""`loom private [PROMPT]`: a thread that never leaves this machine."""

from argparse import ArgumentParser, Namespace

from loom.cli.options import add_session_options

HELP = (
    "Start a thread that is never synced or shared. The model still sees it: what you write goes "
    "to the provider. /private in a thread does the same, or takes the mark off."
)


def add_arguments(parser: ArgumentParser) -> None:
    """The prompt, and the flags of every session."""
    parser.add_argument("prompt", metavar="PROMPT", nargs="*", help="the first message")
    add_session_options(parser)


def run(args: Namespace) -> int:
    """Open the app on a new private thread. Raises LoomError."""
    from loom.cli.chat import opening_of, show

    return show(opening_of(args, prompt=" ".join(args.prompt), is_private=True))
