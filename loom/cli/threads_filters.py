"""The flags that narrow a list of threads."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.threads.filters import Filter

NAMES = ("branch", "repo", "file", "tag", "pinned", "org")


def add_filters(parser: ArgumentParser) -> None:
    """Declares `--branch`, `--repo`, `--file`, `--tag`, `--pinned`, `--org` and `--server`."""
    group = parser.add_argument_group("only those")
    for name, metavar, words in (
        ("branch", "NAME", "begun on this git branch"),
        ("repo", "TEXT", "whose git remote has this in it, such as owner/name"),
        ("file", "PATH", "in which a tool was given this file; its last parts will do"),
        ("tag", "TAG", "with this tag"),
        ("org", "ORG", "of this organization, on the server"),
    ):
        group.add_argument(f"--{name}", default="", metavar=metavar, help=words)
    group.add_argument("--pinned", action="store_true", help="that are pinned")
    group.add_argument("--server", action="store_true", help="on the team's server, not here")


def filter_of(args: Namespace) -> "Filter":
    """What the flags ask of a thread."""
    from loom.threads.filters import Filter

    return Filter(args.branch, args.repo, args.file, args.tag, args.pinned)


def has_filters(args: Namespace) -> bool:
    """Whether any flag narrows the list."""
    return any(getattr(args, name) for name in NAMES)
