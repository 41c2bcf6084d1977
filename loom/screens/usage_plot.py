"""Usage as lines of text: money by day stacked by model, the models, the budgets.

By hand, for a terminal's cells: each model has a colour and a sign of its own, so that the plot
tells as much without colour.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from textual.content import Content

from loom.api.budgets import Budget
from loom.api.money import dollars
from loom.api.usage import UsageReport, UsageRow
from loom.widgets.cells import cut

SIGNS = ("█", "▓", "▒", "░", "▚", "·")
INKS = ("$primary", "$accent", "$success", "$secondary", "$text-warning", "$text-muted")
"""By place among the models that cost most; the last is all others."""

_AXIS = 9
_NAME = 34


class Model(NamedTuple):
    """What one model cost, and how it is drawn."""

    name: str
    cost_usd: float
    tokens: int
    requests: int
    unpriced: int
    place: int


def pictured(
    report: UsageReport, budgets: Sequence[Budget], width: int, height: int
) -> list[Content]:
    """Everything, for a space of so many cells; more lines than `height` can be scrolled."""
    models = models_of(report.rows)
    rest = len(models) + len(budgets) + 7
    lines = list(_days(report, models, width, max(6, min(height // 2, height - rest))))
    lines += [Content(""), *_models(models, width)]
    if budgets:
        lines += [Content(""), *_budgets(budgets, width)]
    return lines


def models_of(rows: Sequence[UsageRow]) -> list[Model]:
    """The models, those first that cost most."""
    groups: Mapping[str, list[UsageRow]] = defaultdict(list)
    for row in rows:
        groups[row.key.get("model", "?")].append(row)
    summed = sorted(
        ((name, sum(row.cost_usd or 0.0 for row in each), each) for name, each in groups.items()),
        key=lambda group: (-group[1], group[0]),
    )
    return [
        Model(
            name,
            cost,
            sum(map(_tokens, each)),
            sum(row.requests for row in each),
            sum(row.unpriced for row in each),
            min(place, len(SIGNS) - 1),
        )
        for place, (name, cost, each) in enumerate(summed)
    ]


def _tokens(row: UsageRow) -> int:
    cached = row.cache_read_tokens + row.cache_write_tokens
    return row.input_tokens + row.output_tokens + cached


def _days(
    report: UsageReport, models: Sequence[Model], width: int, height: int
) -> Iterator[Content]:
    """A column a day, or for several where there is not the room; the newest at the right."""
    columns = _columns(report, models, max(1, width - _AXIS - 1))
    top = max((sum(column) for _, column in columns), default=0.0)
    if not top:
        yield Content.styled("Nothing that has a price was used.", "$text-muted")
        return
    size = max(1, (width - _AXIS - 1) // len(columns))
    stacks = [_stack(column, top, height) for _, column in columns]
    for line in range(height, 0, -1):
        label = dollars(top) if line == height else dollars(top / 2) if line == height // 2 else ""
        cells = [_cell(stack, line, size) for stack in stacks]
        yield Content.styled(f"{label:>{_AXIS - 1}} │", "$text-muted") + Content("").join(cells)
    yield Content.styled(f"{'$0':>{_AXIS - 1}} └" + "─" * (size * len(columns)), "$text-muted")
    first, last = columns[0][0], report.until
    gap = max(1, size * len(columns) - len(first) - len(last))
    yield Content.styled(" " * (_AXIS + 1) + first + " " * gap + last, "$text-muted")


def _columns(
    report: UsageReport, models: Sequence[Model], most: int
) -> list[tuple[str, list[float]]]:
    """(first day, dollars by place) of each column."""
    since, until = date.fromisoformat(report.since), date.fromisoformat(report.until)
    count = (until - since).days + 1
    days = -(-count // most)
    places = {model.name: model.place for model in models}
    columns = [[0.0] * len(SIGNS) for _ in range(-(-count // days))]
    for row in report.rows:
        day = (date.fromisoformat(row.key["day"]) - since).days
        columns[day // days][places[row.key.get("model", "?")]] += row.cost_usd or 0.0
    return [
        ((since + timedelta(days=number * days)).isoformat(), column)
        for number, column in enumerate(columns)
    ]


def _stack(column: Sequence[float], top: float, height: int) -> list[int]:
    """The place that each cell of a column shows, from below; what costs anything has a cell."""
    cells: list[int] = []
    for place, cost in enumerate(column):
        cells += [place] * max(round(cost / top * height), 1 if cost > 0 else 0)
    return cells[:height]


def _cell(stack: Sequence[int], line: int, size: int) -> Content:
    gap = 1 if size > 2 else 0
    if line > len(stack):
        return Content(" " * size)
    place = stack[line - 1]
    return Content.styled(SIGNS[place] * (size - gap), INKS[place]) + Content(" " * gap)


def _models(models: Sequence[Model], width: int) -> Iterator[Content]:
    room = max(10, min(_NAME, width - 42))
    head = f"  {'Model':<{room}} {'Cost':>10} {'Requests':>9} {'Tokens':>14}"
    yield Content.styled(cut(head, width), "bold")
    for model in models:
        unknown = model.unpriced == model.requests
        cost = "unknown" if unknown else dollars(model.cost_usd)
        text = f" {cut(model.name, room):<{room}} {cost:>10} {model.requests:>9,}"
        sign = Content.styled(SIGNS[model.place], INKS[model.place])
        yield sign + Content(cut(f"{text} {model.tokens:>14,}", width - 1))


def _budgets(budgets: Sequence[Budget], width: int) -> Iterator[Content]:
    yield Content.styled("  Budgets", "bold")
    room = 30 if width > 90 else 22
    size = max(8, min(40, width - room - 38))
    for budget in budgets:
        part = budget.spent_usd / budget.limit_usd if budget.limit_usd else 1.0
        ink = "$text-error" if part >= 1 else "$text-warning" if part >= 0.8 else "$text-success"
        full = min(size, round(part * size))
        kind = "" if budget.is_hard else " (warns)"
        name = f"  {budget.period} {_of(budget)}{kind}"
        numbers = f" {dollars(budget.spent_usd)} of {dollars(budget.limit_usd)}"
        yield (
            Content(f"{cut(name, room):<{room}} ")
            + Content.styled("█" * full, ink)
            + Content.styled("░" * (size - full), "$text-muted")
            + Content(cut(f"{numbers}, until {budget.resets_at[:10]}", width - room - 1 - size))
        )


def _of(budget: Budget) -> str:
    what = {"all": "all" if budget.org else "server", "user": "yours", "key": "key"}[budget.scope]
    return what if budget.model == "*" else f"{what}, {budget.model}"
