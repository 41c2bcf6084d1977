"""Commands inside commands, one within the other, down to the last."""

import re
from collections.abc import Callable, Iterator, Sequence

from loom.tools.shell import git
from loom.tools.shell.names import demand_known
from loom.tools.shell.simple import is_keyword
from loom.tools.shell.words import Unreadable, Word, static, table
from loom.tools.shell.wrappers import WRAPPERS, Words, Wrapper

ReadLine = Callable[[str], Sequence[Words]]

_SHELLS = table("sh bash dash zsh ksh ash")
"""Programs whose `-c` takes a shell line."""

_REFUSED = table(
    ". alias at batch bind busybox chroot compgen complete coproc crontab enable entr eval fc "
    "firejail flock hash history logger-run mapfile newgrp nsenter parallel pkexec proot "
    "readarray rlwrap runuser screen script setarch shopt source start-stop-daemon strace su "
    "systemd-run tmux toybox unalias unshare watch watchexec xvfb-run"
)
"""Programs that run what they are given in ways that are not read here."""

_SUBCOMMAND_RUNNERS = frozenset(
    {("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("hatch", "run"), ("bundle", "exec")}
)


def expand(words: Words, read_line: ReadLine) -> Iterator[Words]:
    """The command itself and every command that it would run in turn. Raises Unreadable.

    Args:
        read_line: gives the simple commands of a whole shell line, already expanded.
    """
    yield words
    name = _base(words[0])
    if name in _REFUSED:
        raise Unreadable(f"{name} runs what cannot be read here")
    demand_known(name, words)
    if name in _SHELLS:
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
        plain = ["git", *git.behind_options(plain[1:])]
    text = " ".join(plain)
    return text if text != " ".join(word.text for word in words) else None


def _base(word: Word) -> str:
    return word.text.rpartition("/")[2]


def _inner(name: str, words: Words) -> Iterator[Words]:
    if name == "command" and any(word.text in ("-v", "-V") for word in words[1:2]):
        return
    if name == "find":
        yield from _find(words)
    elif name == "git":
        git.demand_plain(words)
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


def _shell(words: Words, read_line: ReadLine) -> Iterator[Words]:
    """`bash -c LINE`, or a script file; what comes by stdin is not read."""
    for position, word in enumerate(words[1:], 1):
        option = static(word)
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


def _trap(words: Words, read_line: ReadLine) -> Iterator[Words]:
    operands = [word for word in words[1:] if word.text != "--"]
    if len(operands) > 1 and operands[0].text not in ("", "-", "-p", "-l"):
        static(operands[0])
        yield from read_line(operands[0].text)


def _find(words: Words) -> Iterator[Words]:
    """Every `-exec … ;` or `+`."""
    texts = [static(word) if not _is_glob(word) else word.text for word in words]
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
