"""Commands inside commands: what `sudo`, `xargs`, `bash -c` or `find -exec` would run.

Each row says how far a wrapper's own options reach. An option that is not in its row makes the line
unreadable, for the command behind it could not be told from the option's value.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loom.tools.shell.reading import is_keyword, is_steering
from loom.tools.shell.words import Unreadable, Word, table

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
            option = _static(rest.pop(0))
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

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash"})
"""Programs whose `-c` takes a shell line."""

_REFUSED = table(
    ". alias at batch bind busybox chroot compgen complete coproc crontab enable entr eval fc "
    "firejail flock hash history logger-run mapfile newgrp nsenter parallel pkexec proot "
    "readarray rlwrap runuser screen script setarch shopt source start-stop-daemon strace su "
    "systemd-run tmux toybox unalias unshare watch watchexec xvfb-run"
)
"""Programs that run what they are given in ways that are not read here."""

_NAMING = frozenset({"read", "getopts", "printf", "test", "[", "wait", "let"})
"""Builtins that take names of variables, and evaluate the subscript of such a name."""

_DISPATCHERS = table(
    "apk apt apt-get aws az brew bun bundle cargo composer conda deno dnf docker doctl dotnet "
    "flutter fly gcloud gem gh git glab go gradle helm heroku hg jj just kubectl make mamba mise "
    "mvn nix npm npx openssl pacman pip pip3 pipenv pipx pnpm podman poetry pulumi rails rake "
    "rustup snap stack svn swift systemctl task terraform tofu uv uvx vagrant yarn yum zypper "
    "python python3 node deno perl ruby php"
)
"""Programs whose first words decide what they do, so that these must be known."""

_SUBCOMMAND_RUNNERS = frozenset(
    {("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("hatch", "run"), ("bundle", "exec")}
)


def expand(words: Words, read_line: Callable[[str], Sequence[Words]]) -> Iterator[Words]:
    """The command itself and every command that it would run in turn. Raises Unreadable.

    Args:
        read_line: gives the simple commands of a whole shell line, already expanded.
    """
    yield words
    name = _base(words[0])
    if name in _REFUSED:
        raise Unreadable(f"{name} runs what cannot be read here")
    _demand_plain_names(name, words)
    _demand_known_subcommand(name, words)
    if name in SHELLS:
        yield from _shell(words, read_line)
    elif name == "trap":
        yield from _trap(words, read_line)
    else:
        for inner in _inner(name, words):
            if not inner[0].is_static or is_keyword(inner[0]):
                raise Unreadable(f"a command of {name} that only the shell will know")
            yield from expand(inner, read_line)


def normal(words: Words) -> str | None:
    """The command by its plain name, without git's own options, when that reads differently.

    So that a rule for `rm` meets `/bin/rm`, and one for `git push` meets `git -C there push`.
    """
    plain = [_base(words[0]), *(word.text for word in words[1:])]
    if plain[0] == "git":
        plain = ["git", *_behind_git_options(plain[1:])]
    text = " ".join(plain)
    return text if text != " ".join(word.text for word in words) else None


def _base(word: Word) -> str:
    return word.text.rpartition("/")[2]


def _is_option(word: Word) -> bool:
    # A word that may turn out to be an option must be looked at as one, and is then refused.
    return word.text.startswith("-") or not word.is_static


def _static(word: Word) -> str:
    if not word.is_static:
        raise Unreadable(f"{word}, which may be an option")
    return word.text


def _assigned(word: Word) -> str:
    match = re.match(r"([A-Za-z_]\w*)=", word.text)
    return match[1] if match else ""


def _inner(name: str, words: Words) -> Iterator[Words]:
    if name == "command" and any(word.text in ("-v", "-V") for word in words[1:2]):
        return
    if name == "find":
        yield from _find(words)
    elif name == "git":
        _demand_plain_git(words)
    elif tuple(word.text for word in words[:2]) in _SUBCOMMAND_RUNNERS:
        yield from filter(None, [Wrapper().inner(words[1:])])
    elif name in WRAPPERS:
        if name == "time" and not words[0].is_bare:
            raise Unreadable("a program time, which differs from the keyword")
        inner = WRAPPERS[name].inner(words)
        if inner and name == "xargs":
            inner = [*inner, Word("…", is_static=False, is_single=False)]
        if inner:
            yield inner


def _shell(words: Words, read_line: Callable[[str], Sequence[Words]]) -> Iterator[Words]:
    """`bash -c LINE`, or a script file; what comes by stdin is not read."""
    for position, word in enumerate(words[1:], 1):
        option = _static(word)
        if re.fullmatch(r"-[eufxlv]*c", option):
            line = words[position + 1 : position + 2]
            if not line or not line[0].is_static:
                raise Unreadable("a shell line that only the shell will know")
            yield from read_line(line[0].text)
            return
        if not option.startswith("-"):
            return
        if not re.fullmatch(r"-[eufxlvn]+", option):
            break
    raise Unreadable(f"{words[0]} reads its commands from elsewhere")


def _trap(words: Words, read_line: Callable[[str], Sequence[Words]]) -> Iterator[Words]:
    operands = [word for word in words[1:] if word.text != "--"]
    if len(operands) > 1 and operands[0].text not in ("", "-", "-p", "-l"):
        _static(operands[0])
        yield from read_line(operands[0].text)


def _find(words: Words) -> Iterator[Words]:
    """Every `-exec … ;` or `+`."""
    texts = [_static(word) if not _is_glob(word) else word.text for word in words]
    for start, text in enumerate(texts):
        if text in ("-exec", "-execdir", "-ok", "-okdir"):
            length = next(
                (n for n, end in enumerate(texts[start + 1 :]) if end in (";", "+")), None
            )
            if not length:
                raise Unreadable("find without the end of its command")
            inner = words[start + 1 : start + 1 + length]
            yield [Word(w.text, "{}" not in w.text, True) for w in inner]


def _is_glob(word: Word) -> bool:
    # A glob expands to names of files, of which only those with a leading dash could be options.
    return not word.is_static and re.fullmatch(r"[\w./][\w./*-]*", word.text) is not None


def _behind_git_options(words: Sequence[str]) -> Sequence[str]:
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-C", "--git-dir", "--work-tree", "--namespace"):
            del rest[:1]
    return rest


_GIT_EXECUTES = re.compile(
    r"-c.*|--config-env.*|--exec-path=.*|--upload-pack.*|--receive-pack.*|--exec.*|-x.*|ext::.*"
    r"|--open-files-in-pager.*|-O.*|--template.*"
)


def _demand_plain_git(words: Words) -> None:
    """Git runs other programs by options, by aliases that options define, and by these commands."""
    subcommand = next(iter(_behind_git_options([word.text for word in words[1:]])), "")
    texts = [word.text for word in words[1:]]
    before = texts[: texts.index(subcommand)] if subcommand in texts else texts
    options = before if subcommand in ("switch", "checkout", "commit") else texts
    runs = subcommand in ("bisect", "filter-branch", "difftool", "mergetool", "config") and (
        subcommand != "config" or len(texts) > len(before) + 2
    )
    is_foreach = subcommand == "submodule" and "foreach" in texts
    if runs or is_foreach or any(_GIT_EXECUTES.fullmatch(option) for option in options):
        raise Unreadable("a git command that runs others")


def _demand_plain_names(name: str, words: Words) -> None:
    if name not in _NAMING:
        return
    if name == "let":
        raise Unreadable("arithmetic")
    texts = [word.text for word in words[1:]]
    if name in ("test", "[") and ("-v" in texts or not all(word.is_single for word in words)):
        raise Unreadable("a test whose words only the shell will know")
    if name in ("test", "[") and len(texts) == 2 and not words[1].is_static:
        raise Unreadable("a test whose operator only the shell will know")
    if name == "printf" and not any(text.startswith("-v") for text in texts[:1]):
        if words[1:] and words[1].is_static:
            return
        raise Unreadable("a format that only the shell will know")
    if name in ("read", "getopts", "printf", "wait"):
        for word in words[1:]:
            if "[" in _static(word) or is_steering(word.text):
                raise Unreadable(f"{name} {word}")


def _demand_known_subcommand(name: str, words: Words) -> None:
    """Up to the first word that is no option, nothing may be left to the shell."""
    if name not in _DISPATCHERS:
        return
    for word in words[1:]:
        if not word.is_static:
            raise Unreadable(f"{name} {word}")
        if not word.text.startswith("-"):
            return
