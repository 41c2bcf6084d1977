"""What a flag is for a caller: a pure function over flags, kill switches and the caller's context.

The order: the flag is there, its environment is on, no kill switch has it, its prerequisites are
met, its strategy lets the caller in; else the default variant (catalog §6.9).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loom.api.flags import Comparison, Condition, Evaluation, Flag, Reason, Strategy, Variant
from loom.api.times import unix_ms
from loom.server.flags.murmur import murmur3_32

MAX_DEPTH = 10
"""Prerequisites of prerequisites; whoever made a circle has turned its flags off."""

Value = str | int | float | bool


@dataclass(frozen=True)
class Context:
    """Who asks. `attributes` has user, org, session and environment too, where they are known."""

    environment: str
    now_ms: int
    attributes: Mapping[str, Value] = field(default_factory=dict)


def evaluate(
    key: str, context: Context, flags: Mapping[str, Flag], killed: frozenset[str], depth: int = 0
) -> Evaluation:
    """The flag's variant for this caller.

    Args:
        flags: by key.
        killed: keys that a kill switch has.
    """
    flag = flags.get(key)
    if flag is None:
        return Evaluation(key, "", None, "not_found")
    reason = _reason(flag, context, flags, killed, depth)
    is_in = reason in ("on", "strategy")
    variant = _weighted(flag, context) if is_in else _default(flag)
    return Evaluation(key, variant.name, variant.value, reason)


def bucket(key: str, who: str) -> int:
    """0 to 99."""
    return murmur3_32(f"{key}.{who}".encode()) % 100


def _reason(
    flag: Flag, context: Context, flags: Mapping[str, Flag], killed: frozenset[str], depth: int
) -> Reason:
    config = flag.environments.get(context.environment)
    if flag.is_archived:
        return "archived"
    if config is None or not config.is_enabled:
        return "disabled"
    if flag.key in killed:
        return "killed"
    for needed in flag.prerequisites:
        if depth >= MAX_DEPTH:
            return "prerequisite"
        if evaluate(needed.flag, context, flags, killed, depth + 1).variant != needed.variant:
            return "prerequisite"
    if config.strategy is None:
        return "on"
    return "strategy" if _is_let_in(flag.key, config.strategy, context) else "default"


def _is_let_in(key: str, strategy: Strategy, context: Context) -> bool:
    if not all(_is_met(condition, context) for condition in strategy.conditions):
        return False
    percentage = _percentage(strategy, context.now_ms)
    who = context.attributes.get(strategy.percentage_key, "")
    if who == "":
        # Nobody to count: all or none.
        return percentage >= 100
    return bucket(key, str(who)) < percentage


def _percentage(strategy: Strategy, now_ms: int) -> float:
    if not strategy.schedule:
        return strategy.percentage
    begun = [(unix_ms(step.at), step.percentage) for step in strategy.schedule]
    return max((step for step in begun if step[0] <= now_ms), default=(0, 0.0))[1]


def _is_met(condition: Condition, context: Context) -> bool:
    given = context.attributes.get(condition.attribute)
    if given is None:
        return condition.comparison in ("not_equals", "not_in")
    return _COMPARISONS[condition.comparison](given, condition.values)


def _default(flag: Flag) -> Variant:
    return next(each for each in flag.variants if each.name == flag.default_variant)


def _weighted(flag: Flag, context: Context) -> Variant:
    """By weight; without weights the first that is not the default."""
    total = sum(variant.weight for variant in flag.variants)
    if not total:
        others = (each for each in flag.variants if each.name != flag.default_variant)
        return next(others, _default(flag))
    config = flag.environments[context.environment]
    who_key = config.strategy.percentage_key if config.strategy else "user"
    who = context.attributes.get(who_key, "")
    # Another hash than the percentage's, or the first percent would all have one variant.
    place = murmur3_32(f"{flag.key}.variant.{who}".encode()) % total
    for variant in flag.variants:
        place -= variant.weight
        if place < 0:
            return variant
    return _default(flag)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


_COMPARISONS: Mapping[Comparison, Callable[[Value, tuple[Value, ...]], bool]] = {
    "equals": lambda given, values: given in values[:1],
    "not_equals": lambda given, values: given not in values[:1],
    "in": lambda given, values: given in values,
    "not_in": lambda given, values: given not in values,
    "contains": lambda given, values: any(str(value) in str(given) for value in values),
    "starts_with": lambda given, values: str(given).startswith(tuple(map(str, values))),
    "ends_with": lambda given, values: str(given).endswith(tuple(map(str, values))),
    "greater": lambda given, values: any(_number(given) > _number(value) for value in values),
    "less": lambda given, values: any(_number(given) < _number(value) for value in values),
}
