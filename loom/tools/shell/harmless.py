"""Commands known to change nothing, whatever stands behind them or within stated bounds.

A command that is not in a table is not harmless; nor is one of these with an option that writes.
"""

import re
from collections.abc import Callable, Sequence

from loom.tools.shell.words import Word, table

_ALWAYS = table(
    ": [ basename break cat cksum cmp column comm continue cut df diff dirname du echo egrep exit "
    "expand expr false fgrep fmt fold getconf grep groups head id join locale ls md5sum nl nproc "
    "numfmt od paste pathchk pgrep printf ps pwd readlink realpath return rev seq sha1sum "
    "sha224sum sha256sum sha384sum sha512sum sleep stat strings sum tac tail test tr true tsort "
    "tty type uname unexpand uptime wc which who whoami"
)

_UNLESS = {
    "cd": r"-",
    "date": r"-s.*|--s.*",
    "file": r"-\w*C.*|--compile",
    "find": r"-delete|-exec|-execdir|-ok|-okdir|-fls|-fprint.*|-files0-from",
    "jq": r"-\w*[iL].*",
    "rg": r"--pre.*|--hostname-bin.*|-z|--search-zip",
    "sort": r"-\w*[oT].*|--o.*|--c.*|--t.*",
    "tree": r"-\w*o.*|--output.*",
    "xxd": r"-\w*r.*",
}
"""What must not be among the words."""

_AT_MOST = {"uniq": 1, "xxd": 1, "hostname": 0, "env": 0, "printenv": 9, "cd": 1, "wait": 9}
"""How many words that are no options there may be; `cd` needs its one."""

_GIT = table(
    "blame cat-file check-ignore count-objects describe diff for-each-ref grep log ls-files ls- "
    "tree merge-base name-rev rev-list rev-parse shortlog show show-ref status version "
    "whatchanged"
)
_GIT_WRITES = re.compile(r"--output.*|-O.*|--open.*|--ext-diff|--textconv|--contents.*|--ou.*")
_GIT_LISTS = {
    "branch": r"-[arv]+|--list|--all|--remotes|--show-current|--verbose|--no-color",
    "tag": r"-l|--list|-n\d*",
    "remote": r"-v|show|get-url|\w*",
    "stash": r"list|show",
    "worktree": r"list",
    "reflog": r"show|HEAD|\w*",
    "config": r"--get|--get-all|-l|--list|get|list",
}
"""What the first word behind the subcommand must be, if there is one."""

_ADDRESS = r"(?:\d+|\$|/[^/\\]*/)"
_SED_PRINT = re.compile(rf"(?:(?:{_ADDRESS}(?:,{_ADDRESS})?)?p(?:;|$))+")


def is_harmless(words: Sequence[Word]) -> bool:
    """The command changes nothing, by what it is and how it is called."""
    name, rest = words[0].text, [word.text for word in words[1:]]
    if name in _SPECIAL:
        return all(word.is_single for word in words) and _SPECIAL[name](rest)
    if name in _UNLESS or name in _AT_MOST:
        return all(word.is_single for word in words) and _is_within_bounds(name, words)
    return name in _ALWAYS


def _is_within_bounds(name: str, words: Sequence[Word]) -> bool:
    # A value that only the shell knows may turn out to be the very option.
    if name in _UNLESS and not all(word.is_static for word in words):
        return False
    rest = [word.text for word in words[1:]]
    if any(re.fullmatch(_UNLESS[name], text) for text in rest if name in _UNLESS):
        return False
    operands = [text for text in rest if not text.startswith("-")]
    return len(operands) <= _AT_MOST.get(name, len(operands)) and not (name == "cd" and not rest)


def _git(rest: Sequence[str]) -> bool:
    rest = [text for text in rest if text != "--no-pager"]
    if not rest or any(_GIT_WRITES.fullmatch(text) for text in rest):
        return False
    subcommand, *words = rest
    if subcommand in _GIT:
        return True
    allowed = _GIT_LISTS.get(subcommand)
    if allowed is None:
        return False
    if subcommand in ("branch", "tag"):
        return all(re.fullmatch(allowed, text) for text in words)
    return bool(re.fullmatch(allowed, words[0])) if words else subcommand in ("remote", "reflog")


def _sed(rest: Sequence[str]) -> bool:
    """Only `sed -n` with print commands: sed's own `w` and `e` write and execute."""
    options = [text for text in rest if text.startswith("-")]
    scripts = [text for text in rest if not text.startswith("-")][:1]
    return options == ["-n"] and rest[:1] == ["-n"] and all(map(_SED_PRINT.fullmatch, scripts))


def _lookup(rest: Sequence[str]) -> bool:
    return rest[:1] in (["-v"], ["-V"])


def _version(rest: Sequence[str]) -> bool:
    return list(rest) in (["--version"], ["-V"], ["version"])


def _options(rest: Sequence[str]) -> bool:
    """`set -euo pipefail`: it steers only the shell itself."""
    return all(re.fullmatch(r"[-+][euo]+|pipefail|errexit|nounset", text) for text in rest)


_SPECIAL: dict[str, Callable[[Sequence[str]], bool]] = {
    "command": _lookup,
    "git": _git,
    "sed": _sed,
    "set": _options,
    **dict.fromkeys(("python", "python3", "node", "npm", "cargo", "rustc", "go", "uv"), _version),
}
