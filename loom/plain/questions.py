"""A permission question as numbered choices."""

from collections.abc import Awaitable, Callable

from loom.core.errors import ConfigError
from loom.core.permissions import parse_rule
from loom.core.protocol import Decide, PermissionAsked, Scope

Ask = Callable[[str], Awaitable[str | None]]
"""Shows a prompt and gives the line; None when there are no more."""

CHOICES = "1: allow once. 2: allow always, by a rule. 3: deny. 4: deny and say why."
PROMPT = "Answer 1, 2, 3 or 4: "

_ALIASES = {"y": "1", "yes": "1", "a": "2", "n": "3", "no": "3", "d": "4"}
_SCOPES: dict[str, Scope] = {"1": "session", "2": "project", "3": "user"}


async def answer(event: PermissionAsked, line: str, ask: Ask) -> Decide | None:
    """What the line decides; None when it is no answer, or the person turned back."""
    choice = _ALIASES.get(line.strip().lower(), line.strip())
    match choice:
        case "1" | "3":
            return Decide(event.call_id, allow=choice == "1")
        case "2":
            return await _by_rule(event, ask)
        case "4":
            why = await ask("Tell Loom what it should do instead: ")
            return None if why is None else Decide(event.call_id, allow=False, feedback=why.strip())
    return None


def is_answer(line: str) -> bool:
    """Whether the line is one of the choices."""
    word = line.strip().lower()
    return word in _ALIASES or word in ("1", "2", "3", "4")


async def _by_rule(event: PermissionAsked, ask: Ask) -> Decide | None:
    rules = event.rules or (f"allow {event.tool}",)
    listed = " ".join(f"{number}: {rule}." for number, rule in enumerate(rules, 1))
    typed = await ask(f"Rules: {listed} Its number, or a rule of your own, or nothing to go back: ")
    if not typed or not typed.strip():
        return None
    scope = await ask("For how long? 1: this session. 2: this project. 3: all my projects. ")
    if scope is None or scope.strip() not in _SCOPES:
        return None
    rule = _chosen(rules, typed.strip())
    return Decide(event.call_id, allow=True, scope=_SCOPES[scope.strip()], rule=rule)


def _chosen(rules: tuple[str, ...], typed: str) -> str:
    """The rule of that number, or the one that was written. Raises ConfigError."""
    number = int(typed) if typed.isdecimal() else 0
    if 0 < number <= len(rules):
        return rules[number - 1]
    rule = parse_rule(typed)
    if rule.effect != "allow":
        raise ConfigError("Only a rule that begins with “allow” can be kept here.")
    return str(rule)
