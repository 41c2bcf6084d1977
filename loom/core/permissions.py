"""May this call run? Pure decisions over an already parsed call.

A rule reads `allow|ask|deny TOOL(PATTERN)`; the pattern may be left out. For `bash` the pattern is
matched against each simple command of the parsed line (words joined by one space, `*` matches
anything); for file tools against the path relative to the workspace (`**` crosses folders); for
others against the call's `target`. The strongest effect of any match wins: deny, then ask, then
allow; where no rule matches, the mode decides.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from loom.core.errors import ConfigError
from loom.core.protocol import Mode

Effect = Literal["allow", "ask", "deny"]
AccessKind = Literal["read", "write", "execute", "network", "none"]


class Access(Struct, frozen=True):
    """What one call would touch, as its tool parsed it.

    Attributes:
        tool: the tool's name.
        kind: `read` and `none` change nothing; `write` changes files; `execute` runs commands;
            `network` talks to the outside.
        targets: what rules are matched against: each simple command of a shell line (quotes
            removed, words joined by one space), or paths relative to the workspace, or a host.
        is_inside: every path lies in the workspace.
        is_parsed: the call was understood; False always asks.
        is_sandboxed: it would run inside the sandbox.
        is_read_only: a shell line made only of commands known to change nothing.
        harmless: those of `targets` that are known to change nothing and stay inside; rules need
            not allow them for the rest of the line to be allowed.
        uncertain: those of `targets` with words that are only known when they run; a rule that may
            then forbid one is asked.
    """

    tool: str
    kind: AccessKind
    targets: tuple[str, ...] = ()
    is_inside: bool = True
    is_parsed: bool = True
    is_sandboxed: bool = False
    is_read_only: bool = False
    harmless: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


class Rule(Struct, frozen=True):
    """One line of the rule language."""

    effect: Effect
    tool: str
    pattern: str = ""

    def __str__(self) -> str:
        return f"{self.effect} {self.tool}" + (f"({self.pattern})" if self.pattern else "")


class Verdict(Struct, frozen=True):
    """The decision, who made it (`rule` or `mode`) and why, in words for a person."""

    effect: Effect
    by: Literal["rule", "mode"]
    reason: str


_RULE = re.compile(r"\s*(allow|ask|deny)\s+([a-z_*][a-z0-9_*.:-]*)\s*(?:\((.*)\))?\s*", re.DOTALL)


def parse_rule(text: str) -> Rule:
    """One rule. Raises ConfigError when it is not one."""
    match = _RULE.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"not a permission rule: {text!r}",
            "Write it as: allow bash(git status*), ask web_search, deny edit_file(**/.env)",
        )
    effect, tool, pattern = match.groups()
    return Rule(effect, tool, pattern or "")  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def _glob(pattern: str, is_path: bool) -> re.Pattern[str]:
    any_run, any_one = ("[^/]*", "[^/]") if is_path else (".*", ".")
    out, rest = "", pattern
    while rest:
        if is_path and rest.startswith("**/"):
            out, rest = out + "(?:.*/)?", rest[3:]
        elif is_path and rest.startswith("**"):
            out, rest = out + ".*", rest[2:]
        else:
            head, rest = rest[0], rest[1:]
            out += any_run if head == "*" else any_one if head == "?" else re.escape(head)
    return re.compile(out, re.DOTALL)


def _matches(rule: Rule, access: Access, target: str) -> bool:
    if not _glob(rule.tool, False).fullmatch(access.tool):
        return False
    if not rule.pattern:
        return True
    is_path = access.kind in ("read", "write")
    if _glob(rule.pattern, is_path).fullmatch(target):
        return True
    # `git status*` must also mean the bare command, and never `git statusx; rm`: targets are
    # single simple commands, so a trailing ` *` may be absent altogether.
    return not is_path and rule.pattern.endswith(" *") and target == rule.pattern[:-2]


def _strongest(rules: Iterable[Rule], access: Access, target: str) -> Rule | None:
    matching = [rule for rule in rules if _matches(rule, access, target)]
    for effect in ("deny", "ask", "allow"):
        for rule in matching:
            if rule.effect == effect:
                return rule
    return None


def judge(mode: Mode, rules: Iterable[Rule], access: Access) -> Verdict:
    """Whether the call may run, must be asked, or may not.

    Each target is judged alone: one denied target denies the call, one that is asked asks it, and
    rules allow it only when every target that is not harmless is allowed. A call that was not
    parsed is only allowed by a rule without a pattern. Plan mode refuses whatever changes
    something, rules or not.
    """
    rules = tuple(rules)
    targets = access.targets or ("",)
    found = [_strongest(rules, access, target) for target in targets]
    for rule in found:
        if rule is not None and rule.effect == "deny":
            return Verdict("deny", "rule", f"the rule “{rule}” forbids it")
    if mode == "plan" and _may_change(access):
        return Verdict("deny", "mode", "plan mode is read-only")
    for rule in found:
        if rule is not None and rule.effect == "ask":
            return Verdict("ask", "rule", f"the rule “{rule}” asks first")
    for rule in _doubtful(rules, access):
        reason = f"the rule “{rule}” may forbid it: a word is only known when it runs"
        return Verdict("ask", "rule", reason)
    allowing = _allowing(access, dict(zip(targets, found, strict=True)))
    if allowing is not None:
        return Verdict("allow", "rule", f"the rule “{allowing}” allows it")
    if not access.is_parsed:
        return Verdict("ask", "mode", "the command could not be parsed, so it is asked")
    return _by_mode(mode, access)


def _doubtful(rules: Iterable[Rule], access: Access) -> Iterator[Rule]:
    """Rules that would deny or ask one of the uncertain targets, were its words the right ones."""
    for target in access.uncertain:
        program = target.partition(" ")[0]
        for rule in rules:
            start = rule.pattern.partition(" ")[0]
            is_about = _glob(rule.tool, False).fullmatch(access.tool)
            if is_about and rule.effect != "allow" and _glob(start, False).fullmatch(program):
                yield rule


def _allowing(access: Access, found: dict[str, Rule | None]) -> Rule | None:
    """The last of the rules that allow the call, when they allow every target that needs one."""
    needed = [rule for target, rule in found.items() if target not in access.harmless]
    if not needed or any(rule is None for rule in needed):
        return None
    if not access.is_parsed and any(rule is not None and rule.pattern for rule in needed):
        return None
    return needed[-1]


def _changes_nothing(access: Access) -> bool:
    return access.is_inside and (
        access.kind in ("read", "none")
        or (access.kind == "execute" and access.is_parsed and access.is_read_only)
    )


def _may_change(access: Access) -> bool:
    is_harmless = access.is_parsed and access.is_read_only
    return access.kind == "write" or (access.kind == "execute" and not is_harmless)


def _by_mode(mode: Mode, access: Access) -> Verdict:
    if not access.is_inside:
        return Verdict("ask", "mode", "it reaches outside the workspace")
    if access.kind == "network":
        return Verdict("ask", "mode", "it talks to the network")
    if _changes_nothing(access):
        return Verdict("allow", "mode", "it changes nothing")
    if mode == "edit" and access.kind == "write":
        return Verdict("allow", "mode", "edit mode allows changes in the workspace")
    if mode == "auto" and (access.kind == "write" or access.is_sandboxed):
        return Verdict("allow", "mode", "auto mode allows what stays in the sandbox")
    if mode == "auto":
        return Verdict("ask", "mode", "it would run outside the sandbox")
    return Verdict("ask", "mode", f"{mode} mode asks before this")
