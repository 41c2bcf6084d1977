"""Builtins that evaluate the names they are given, and programs whose first words decide all."""

from collections.abc import Sequence

from loom.tools.shell.simple import is_steering
from loom.tools.shell.words import Unreadable, Word, static, table

_DISPATCHERS = table(
    "apk apt apt-get aws az brew bun bundle cargo composer conda deno dnf docker doctl dotnet "
    "flutter fly gcloud gem gh git glab go gradle helm heroku hg jj just kubectl make mamba mise "
    "mvn nix npm npx openssl pacman pip pip3 pipenv pipx pnpm podman poetry pulumi rails rake "
    "rustup snap stack svn swift systemctl task terraform tofu uv uvx vagrant yarn yum zypper "
    "python python3 node deno perl ruby php"
)
"""Programs whose first words decide what they do, so that these must be known."""


def demand_known(name: str, words: Sequence[Word]) -> None:
    """Raise Unreadable when what the command `name` does hangs on a word that is not known yet."""
    if name in _DISPATCHERS:
        _demand_subcommand(words)
    elif name in ("test", "["):
        _demand_test(words[1:])
    elif name in ("read", "getopts", "wait"):
        _demand_names(words)
    elif name == "printf":
        _demand_format(words)
    elif name == "let":
        raise Unreadable("arithmetic")


def _demand_subcommand(words: Sequence[Word]) -> None:
    # The word behind an option may be its value or already the subcommand.
    has_options = False
    for word in words[1:]:
        static(word)
        if not word.text.startswith("-"):
            break
        has_options = True
    if has_options and not all(word.is_static for word in words):
        raise Unreadable(f"{words[0]} with options and words that only the shell will know")


def _demand_test(words: Sequence[Word]) -> None:
    is_operator_known = len(words) != 2 or words[0].is_static
    are_single = all(word.is_single for word in words)
    # -v looks up a variable by name, and evaluates the name's subscript.
    if not is_operator_known or not are_single or any(word.text == "-v" for word in words):
        raise Unreadable("a test whose words only the shell will know")


def _demand_names(words: Sequence[Word]) -> None:
    for word in words[1:]:
        if "[" in static(word) or is_steering(word.text):
            raise Unreadable(f"{words[0]} {word}")


def _demand_format(words: Sequence[Word]) -> None:
    if len(words) < 2 or static(words[1]).startswith("-v"):
        _demand_names(words)
