"""`/api/flags`: what is on, for whom, and what was turned off in a hurry."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

FlagKey = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$(?!\n)", min_length=3, max_length=100)
]
Environment = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,29}$(?!\n)")]
Percentage = Annotated[float, Meta(ge=0, le=100)]
Comparison = Literal[
    "equals",
    "not_equals",
    "in",
    "not_in",
    "contains",
    "starts_with",
    "ends_with",
    "greater",
    "less",
]
Reason = Literal[
    "not_found", "archived", "disabled", "killed", "prerequisite", "strategy", "on", "default"
]


class Variant(Struct, frozen=True, omit_defaults=True):
    """One of the values of a flag; `weight` is its share among those who are let in."""

    name: Annotated[str, Meta(min_length=1, max_length=50)]
    value: Any
    weight: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Prerequisite(Struct, frozen=True):
    """Another flag that must have this variant."""

    flag: FlagKey
    variant: str


class Condition(Struct, frozen=True):
    """`attribute` of the context compared with `values`; a missing one meets only `not_…`."""

    attribute: Annotated[str, Meta(min_length=1, max_length=100)]
    comparison: Comparison
    values: Annotated[tuple[str | int | float | bool, ...], Meta(max_length=1000)]


class Step(Struct, frozen=True):
    """From `at` (RFC 3339) on, `percentage`."""

    at: str
    percentage: Percentage


class Strategy(Struct, frozen=True, omit_defaults=True):
    """Who is let in: those who meet every condition, and of them a percentage.

    `percentage_key`: user, org, session, or an attribute of the context. The last step of
    `schedule` whose time has come decides the percentage; before the first it is 0.
    """

    conditions: Annotated[tuple[Condition, ...], Meta(max_length=50)] = ()
    percentage: Percentage = 100
    percentage_key: Annotated[str, Meta(min_length=1, max_length=100)] = "user"
    schedule: Annotated[tuple[Step, ...], Meta(max_length=50)] = ()


class FlagConfig(Struct, frozen=True, omit_defaults=True):
    """A flag in one environment; without a strategy everybody is let in."""

    is_enabled: bool
    strategy: Strategy | None = None


class Flag(Struct, frozen=True, omit_defaults=True):
    """A flag. Who is not let in has `default_variant`."""

    key: FlagKey
    variants: Annotated[tuple[Variant, ...], Meta(min_length=1, max_length=50)]
    default_variant: str
    environments: dict[Environment, FlagConfig] = {}
    prerequisites: Annotated[tuple[Prerequisite, ...], Meta(max_length=20)] = ()
    description: Annotated[str, Meta(max_length=1000)] = ""
    tags: Annotated[tuple[str, ...], Meta(max_length=50)] = ()
    is_archived: bool = False


class KillSwitch(Struct, frozen=True, omit_defaults=True):
    """Turns what it names off, and `flags` with it, until it is restored. `org`: "" for all."""

    key: FlagKey
    is_active: bool
    reason: str = ""
    flags: tuple[FlagKey, ...] = ()
    org: str = ""
    activated_by: str = ""
    activated_at: str = ""


class Activation(Struct, frozen=True):
    """Why, and which flags go with it."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    flags: Annotated[tuple[FlagKey, ...], Meta(max_length=100)] = ()


class FlagList(Struct, frozen=True):
    """Every flag and kill switch of one tier."""

    flags: tuple[Flag, ...]
    kill_switches: tuple[KillSwitch, ...]


class Evaluation(Struct, frozen=True, omit_defaults=True):
    """What a flag is for the caller, and why."""

    key: str
    variant: str
    value: Any
    reason: Reason


class FlagState(Struct, frozen=True):
    """`GET /api/flags`, and the `init` of the stream: what holds for the caller now."""

    flags: tuple[Evaluation, ...]
    kill_switches: tuple[KillSwitch, ...]


class FlagStreamQuery(Struct, frozen=True):
    """As FlagQuery. The stream ends by itself after `seconds`; 0 is never."""

    environment: Environment = "prod"
    session: Annotated[str, Meta(max_length=200)] = ""
    seconds: Annotated[float, Meta(ge=0, le=86_400)] = 0


class FlagQuery(Struct, frozen=True):
    """The caller's environment and session; `session` is whatever the client calls it."""

    environment: Environment = "prod"
    session: Annotated[str, Meta(max_length=200)] = ""
