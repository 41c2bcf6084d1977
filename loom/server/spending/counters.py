"""One budget's money in the period that runs, and what is said of it."""

from dataclasses import dataclass, field

from loom.api.money import dollars
from loom.server.errors import Refused
from loom.server.spending.budgets import Budget
from loom.server.spending.periods import bounds, date_of, day_of
from loom.server.spending.prices import NANO


@dataclass
class Counter:
    """One budget's money in the period that runs; `ends` is its first day after."""

    budget: Budget
    begins: int = 0
    ends: int = 0
    spent: int = 0
    reserved: int = 0
    warned: set[str] = field(default_factory=set)

    def roll(self, at: int) -> None:
        """A new period begins with nothing spent; what is reserved is still on its way."""
        if day_of(at) >= self.ends:
            self.begins, self.ends = bounds(self.budget.period, at)
            self.spent = 0
            self.warned.clear()


def require(counter: Counter, nano: int | None, unknown: str) -> None:
    """Raises Refused (402): there is not `nano` left, or nobody knows the price of `unknown`."""
    budget = counter.budget
    if nano is None:
        raise Refused(
            402,
            "price_unknown",
            f"{described(budget)} cannot be kept, for nobody knows the price of {unknown}",
            "Ask for less, or let the operator add the price to the server's prices file.",
        )
    if counter.spent + counter.reserved + nano <= budget.limit_nano:
        return
    ask = f"Ask {budget.contact}." if budget.contact else f"Ask {_who(budget)} for more."
    held = f" and {usd(counter.reserved)} is held by running requests" if counter.reserved else ""
    raise Refused(
        402,
        "budget_exceeded",
        f"{described(budget)} does not allow this request: {usd(counter.spent)} of"
        f" {usd(budget.limit_nano)} is spent{held}, and it may cost up to {usd(nano)}. It begins"
        f" anew on {date_of(counter.ends).isoformat()} (UTC).",
        ask,
    )


def warning(counter: Counter) -> str:
    """What is told of a budget that is used up, or nearly."""
    budget = counter.budget
    return (
        f"{described(budget)}: {usd(counter.spent)} of {usd(budget.limit_nano)} is spent; it begins"
        f" anew on {date_of(counter.ends).isoformat()} (UTC)."
    )


def described(budget: Budget) -> str:
    """The budget in words for whom it binds."""
    of = "the organization" if budget.org else "the server"
    on = "" if budget.model == "*" else f" on {budget.model}"
    if budget.scope == "all":
        return f"The {budget.period}'s budget of {of}{on}"
    whose = "Your" if budget.scope == "user" else "This API key's"
    return f"{whose} budget of the {budget.period} in {of}{on}"


def _who(budget: Budget) -> str:
    return "an owner or admin of the organization" if budget.org else "the server's operator"


def usd(nano: int) -> str:
    """Nano-dollars as people read money."""
    return dollars(nano / NANO)
