"""Budgets: what may be spent, and what is."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

BudgetScope = Literal["all", "user", "key"]
BudgetPeriod = Literal["day", "week", "month"]


class NewBudget(Struct, frozen=True):
    """`PUT …/budgets`: sets a limit; one for the same things takes the new limit.

    `limit_usd` in a `period` (UTC; weeks begin on Monday). `scope` and `subject`: `all`; a user, by
    id or e-mail; an API key, by id; subject `*` gives each user, or key, the limit for itself.
    `model` is a pattern such as `claude-opus*` or `openai/*`. A hard budget refuses what would go
    over; a soft one (`is_hard` false) warns. `contact`: whom to ask for more.
    """

    limit_usd: Annotated[float, Meta(ge=0, le=1_000_000_000)]
    period: BudgetPeriod = "month"
    scope: BudgetScope = "all"
    subject: Annotated[str, Meta(max_length=200)] = ""
    model: Annotated[str, Meta(min_length=1, max_length=200)] = "*"
    is_hard: bool = True
    contact: Annotated[str, Meta(max_length=200)] = ""


class Budget(Struct, frozen=True, omit_defaults=True):
    """One budget and where it stands. `org` is empty for the server's own.

    `subject` is whom it binds and `subject_name` how they are called. `reserved_usd` is held by
    requests that run. Where each one has a limit, the numbers are those of who spent most, or of
    the caller in `GET /api/budgets`.
    """

    id: str
    org: str
    scope: BudgetScope
    subject: str
    model: str
    period: BudgetPeriod
    is_hard: bool
    limit_usd: float
    spent_usd: float
    reserved_usd: float
    resets_at: str
    contact: str = ""
    subject_name: str = ""


class BudgetList(Struct, frozen=True):
    """Budgets, by what they bind."""

    budgets: tuple[Budget, ...] = ()
