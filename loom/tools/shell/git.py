"""git: which of its commands run other programs, and what it is asked to do."""

import re
from collections.abc import Sequence

from loom.tools.shell.words import Unreadable, Word

_EXECUTES = re.compile(
    r"-c.*|--config-env.*|--exec-path=.*|--upload-pack.*|--receive-pack.*|--exec.*|-x.*|ext::.*"
    r"|--open-files-in-pager.*|-O.*|--template.*"
)
_RUNNERS = frozenset({"bisect", "difftool", "filter-branch", "mergetool"})
_MEANS_OTHERWISE = frozenset({"checkout", "commit", "switch"})
"""Commands whose own `-c` or message is no setting."""


def behind_options(words: Sequence[str]) -> Sequence[str]:
    """The subcommand and what follows, from the words behind `git`."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-C", "--git-dir", "--work-tree", "--namespace"):
            del rest[:1]
    return rest


def demand_plain(words: Sequence[Word]) -> None:
    """Raise Unreadable when git may run what its options, settings or commands name."""
    texts = [word.text for word in words[1:]]
    rest = behind_options(texts)
    subcommand = rest[0] if rest else ""
    before = texts[: len(texts) - len(rest)]
    options = before if subcommand in _MEANS_OTHERWISE else texts
    sets = subcommand == "config" and len(rest) > 2
    is_foreach = subcommand == "submodule" and "foreach" in rest
    if subcommand in _RUNNERS or sets or is_foreach or any(map(_EXECUTES.fullmatch, options)):
        raise Unreadable("a git command that runs others")
