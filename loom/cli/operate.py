"""`loom server WORD`: what the one who runs a server does beside running it."""

from argparse import ArgumentParser, Namespace
from typing import NamedTuple

from loom.cli.dispatch import load

HELP = """\
Looks after a loom server, on the machine where it runs. `loom --server` runs one.

  loom server config                 every setting of the server, and what decided it
  loom server link you@example.com   a link that signs somebody in, without mail or provider
  loom server backup /backups/monday copies its databases while it runs
  loom server restore /backups/monday puts them back; what was there is kept aside
  loom server jobs list              what it does by itself, and how that went
"""


class Word(NamedTuple):
    """`loom server NAME` runs `module`."""

    name: str
    module: str
    summary: str


WORDS = (
    Word("config", "loom.cli.operate_config", "every setting, and what decided it"),
    Word("link", "loom.cli.operate_link", "a link that signs somebody in, once"),
    Word("backup", "loom.cli.operate_backup", "copy the databases while the server runs"),
    Word("jobs", "loom.cli.operate_jobs", "what the server does by itself: list, run, history"),
    Word("restore", "loom.cli.operate_restore", "put a backup in the databases' place"),
)


def add_arguments(parser: ArgumentParser) -> None:
    """The words, each with arguments of its own."""
    parser.add_argument("--config", metavar="FILE", help="the server's settings, as TOML")
    parser.add_argument("--db", metavar="PATH", help="the server's database")
    words = parser.add_subparsers(metavar="WORD", required=True)
    for word in WORDS:
        module = load(word.module)
        own = words.add_parser(word.name, help=word.summary, description=module.HELP)
        module.add_arguments(own)
        own.set_defaults(act=module.run)


def run(args: Namespace) -> int:
    """Runs the word. Raises LoomError."""
    status: int = args.act(args)
    return status
