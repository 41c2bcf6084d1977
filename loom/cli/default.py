"""`loom` without a subcommand: the app, one answer (`-p`), the demo, or the server."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from loom import __version__
from loom.cli.commands import COMMANDS
from loom.cli.options import add_session_options

EXAMPLES = """\
examples:
  loom                                     open the app in this folder
  loom "why does test_login fail?"         and ask at once
  loom -p "summarise the last commit"      print the answer and exit
  git diff | loom -p "review this" --json  read standard input, print Events as JSON lines
  loom --demo                              see it work: no key and no network needed
  loom resume                              go on where you stopped
  loom -- list the open bugs               a prompt that begins with a command's name

keys stay on the server. For the one that Loom brings along, before you start it:
  export ANTHROPIC_API_KEY=...             or OPENAI_API_KEY, or LOOM_SERVER_VERTEX_PROJECT_ID
  loom doctor                              says what is missing, and what to do
"""

SERVER_ONLY = ("host", "port", "db", "config", "signups")


def parse(words: Sequence[str]) -> Namespace:
    """The arguments of a call without subcommand; `prompt` is one string, "" when none was given.

    Raises:
        SystemExit: for `--help` and wrong usage.
    """
    words = list(words)
    cut = words.index("--") if "--" in words else len(words)
    parser = make_parser()
    args = parser.parse_intermixed_args(words[:cut])
    args.prompt = " ".join([*args.prompt, *words[cut + 1 :]])
    _refuse_nonsense(parser, args)
    return args


def module_for(args: Namespace) -> str:
    """The name of the module that carries out `args`."""
    if args.server:
        return "loom.cli.server"
    if args.demo:
        return "loom.cli.demo"
    return "loom.cli.once" if args.print else "loom.cli.chat"


def make_parser() -> ArgumentParser:
    """The parser whose help is `loom --help`."""
    parser = ArgumentParser(
        prog="loom",
        usage="loom [OPTION...] [PROMPT]\n       loom COMMAND [ARGUMENT...]",
        description="A terminal AI coding agent. Without a command it opens the app.",
        epilog=f"commands (loom COMMAND --help says more):\n{_command_lines()}\n{EXAMPLES}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("prompt", metavar="PROMPT", nargs="*", help="the first message")
    parser.add_argument("-V", "--version", action="version", version=f"loom {__version__}")
    parser.add_argument(
        "-p", "--print", action="store_true", help="print the answer and exit: no app, no questions"
    )
    parser.add_argument("--json", action="store_true", help="with -p: Events as JSON lines")
    parser.add_argument(
        "--demo", action="store_true", help="a scripted model in a temporary project"
    )
    add_session_options(parser)
    _add_server_options(parser)
    return parser


def _add_server_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("server")
    group.add_argument("--server", action="store_true", help="run the loom server in front")
    group.add_argument("--host", metavar="ADDRESS", help="where it listens (default 127.0.0.1)")
    group.add_argument("--port", type=int, metavar="NUMBER", help="and on which port (8080)")
    group.add_argument("--db", type=Path, metavar="PATH", help="its database")
    group.add_argument(
        "--signups",
        choices=("closed", "domain", "open"),
        help="who gets an account by signing in: who was invited, colleagues by domain, everybody",
    )
    group.add_argument("--config", type=Path, metavar="FILE", help="its settings, as TOML")


def _command_lines() -> str:
    return "".join(f"  {command.name:<10} {command.summary}\n" for command in COMMANDS)


def _refuse_nonsense(parser: ArgumentParser, args: Namespace) -> None:
    if args.json and not args.print:
        parser.error("--json goes with -p")
    if not args.server:
        for name in SERVER_ONLY:
            if getattr(args, name) is not None:
                parser.error(f"--{name} goes with --server")
    elif args.prompt or args.print or args.demo:
        parser.error("--server takes no prompt")
