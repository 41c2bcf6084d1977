"""Commands inside commands: what `sudo`, `xargs`, `bash -c` or `find -exec` would run.

Each row says how far a wrapper's own options reach. An option that is not in its row makes the line
unreadable, for the command behind it could not be told from the option's value.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from loom.tools.shell.simple import is_steering
from loom.tools.shell.words import Unreadable, Word, static

Words = Sequence[Word]


@dataclass(frozen=True)
class Wrapper:
    """How to find the command behind a wrapper's options.

    Attributes:
        flags: options without a value, separated by blanks; `*` at the end allows anything behind.
        valued: options whose value is the next word.
        operands: words of its own before the command.
        has_assignments: `NAME=value` may stand before the command.
    """

    flags: str = ""
    valued: str = ""
    operands: int = 0
    has_assignments: bool = False

    def inner(self, words: Words) -> Words:
        """The command behind the wrapper; empty when there is none. Raises Unreadable."""
        rest = list(words[1:])
        while rest and _is_option(rest[0]):
            option = static(rest.pop(0))
            if option == "--":
                break
            if option in self.valued.split():
                del rest[:1]
            elif not self._is_known(option):
                raise Unreadable(f"{words[0]} {option}")
        while self.has_assignments and rest and (name := _assigned(rest[0])):
            if is_steering(name):
                raise Unreadable(f"{words[0]} sets {name}")
            rest.pop(0)
        return rest[self.operands :]

    def _is_known(self, option: str) -> bool:
        return any(
            option.startswith(flag[:-1]) if flag.endswith("*") else option == flag
            for flag in self.flags.split()
        )


_SUDO = Wrapper("-n -E -H -b -k -S -A -B -P --non-interactive", "-u -g -p -h -D -T", 0, True)

WRAPPERS = {
    "builtin": Wrapper(),
    "chronic": Wrapper(),
    "command": Wrapper("-p"),
    "doas": Wrapper("-n", "-u"),
    "env": Wrapper("-i - -v --ignore-environment -u?* --unset=*", "-u --unset", 0, True),
    "exec": Wrapper("-c -l -cl", "-a"),
    "fakeroot": Wrapper(),
    "ionice": Wrapper("-t -c0 -c1 -c2 -c3 -n*", "-c -n"),
    "nice": Wrapper("-n?* --adjustment=* -1* -2* -3* -4* -5* -6* -7* -8* -9*", "-n --adjustment"),
    "nohup": Wrapper(),
    "setsid": Wrapper("-c -f -w --ctty --fork --wait"),
    "stdbuf": Wrapper("-i?* -o?* -e?* --input=* --output=* --error=*", "-i -o -e"),
    "sudo": _SUDO,
    "taskset": Wrapper("", "", 1),
    "time": Wrapper("-p -v -a", "-o -f", 0, True),
    "timeout": Wrapper(
        "--foreground --preserve-status -v --verbose -k?* -s?* --kill-after=* --signal=*",
        "-k -s --kill-after --signal",
        1,
    ),
    "unbuffer": Wrapper("-p"),
    "xargs": Wrapper(
        "-0 -r -t -x -n* -P* -L* -s* -d?* -E?* --null --no-run-if-empty --verbose --delimiter=* "
        "--max-args=* --max-procs=* --max-lines=* --arg-file=*",
        "-n -P -L -s -d -E -a",
    ),
}


def _is_option(word: Word) -> bool:
    # A word that may turn out to be an option must be looked at as one, and is then refused.
    return word.text.startswith("-") or not word.is_static


def _assigned(word: Word) -> str:
    match = re.match(r"([A-Za-z_]\w*)=", word.text)
    return match[1] if match else ""
