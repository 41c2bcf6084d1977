"""What would allow a call: the rules offered for "always", and the flags where nobody is asked."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from loom.core.errors import ConfigError
from loom.core.permissions import Access, Rule, judge, parse_rule
from loom.core.protocol import Mode

_TOO_WIDE = frozenset(
    {
        "bash",
        "chmod",
        "chown",
        "curl",
        "dd",
        "env",
        "eval",
        "find",
        "kill",
        "mv",
        "node",
        "perl",
        "python",
        "python3",
        "rm",
        "ruby",
        "sh",
        "ssh",
        "sudo",
        "wget",
        "xargs",
        "zsh",
        ">",
    }
)
"""Programs of which any use is as good as every use: only the exact command is offered."""

_BOLDER: tuple[Mode, ...] = ("edit", "auto")


def flags_that_allow(mode: Mode, rules: tuple[Rule, ...], access: Access) -> str:
    """Which flags would let the call run without a person, each tried; empty when none does."""
    flags = [f"--mode {bold}" for bold in _BOLDER if judge(bold, rules, access).effect == "allow"]
    offered = suggestions(access)
    for some in (offered[:1], offered):
        if judge(mode, (*rules, *_parsed(some)), access).effect == "allow":
            flags.append(" ".join(f"--allow “{rule.removeprefix('allow ')}”" for rule in some))
            break
    return f"Allow it with {' or '.join(flags)}." if flags else ""


def _parsed(texts: Iterable[str]) -> Iterator[Rule]:
    for text in texts:
        with suppress(ConfigError):  # a command's text may make no rule
            yield parse_rule(text)


def suggestions(access: Access) -> tuple[str, ...]:
    """Rules to offer for "always", narrowest first; a line of several commands has several.

    Never wider than it looks: a target that holds a wildcard of the rule language, or a word that
    is only known when it runs, is not offered as a pattern.
    """
    needed = [target for target in access.targets if target not in access.harmless]
    exact = [_rule(access, target) for target in needed if _is_plain(target, access)]
    if access.kind == "execute":
        wide = [_rule(access, pattern) for target in needed if (pattern := _widened(target))]
        offered = wide if len(needed) > 1 else [*exact, *wide]
    elif access.kind == "write":
        offered = [*exact, f"allow {access.tool}(**)"]
    else:
        offered = []
    return tuple(dict.fromkeys(offered)) or (f"allow {access.tool}",)


def _rule(access: Access, pattern: str) -> str:
    return f"allow {access.tool}({pattern})"


def _is_plain(target: str, access: Access) -> bool:
    return not set("*?") & set(target) and target not in access.uncertain


def _widened(target: str) -> str:
    """`git push origin` becomes `git push *`, `pytest -q x` `pytest *`; empty where that is all."""
    words = target.split(" ")
    if words[0] in _TOO_WIDE:
        return ""
    kept = words[:2] if len(words) > 1 and words[1].isalpha() else words[:1]
    return f"{' '.join(kept)} *"
