from datetime import date, timedelta

import pytest
from textual.widgets import Static

from loom.api.budgets import Budget
from loom.api.usage import UsageReport, UsageRow
from loom.core.errors import LoomError
from loom.screens.usage import UsageScreen
from loom.screens.usage_plot import models_of, pictured
from tests.snapshots import Gallery, Snap

MODELS = (
    ("anthropic/claude-sonnet-5-5", 1.9),
    ("anthropic/claude-opus-5-5", 2.7),
    ("openai/gpt-6.1-sol", 0.8),
    ("anthropic/claude-haiku-5-5", 0.06),
)
BUDGETS = (
    Budget("b1", "o", "all", "", "*", "month", True, 200.0, 131.42, 0.4, "2026-12-01T00:00:00Z"),
    Budget("b2", "o", "user", "*", "*", "day", False, 10.0, 11.2, 0, "2026-11-29T00:00:00Z"),
    Budget("b3", "o", "all", "", "claude-opus*", "week", True, 50, 43, 0, "2026-11-30T00:00:00Z"),
)


def report(days: int = 30) -> UsageReport:
    until = date(2026, 11, 28)
    since = until - timedelta(days=days - 1)
    rows = [
        UsageRow(
            {"day": (since + timedelta(days=day)).isoformat(), "model": name},
            requests=20 + day,
            input_tokens=40_000 * (day % 7),
            output_tokens=3_000 * (day % 5),
            cost_usd=scale * ((day * 7 + place * 3) % 11) / 2,
        )
        for day in range(days)
        for place, (name, scale) in enumerate(MODELS)
        if day % 7 < 5
    ]
    local = {"day": until.isoformat(), "model": "openai/llama-local"}
    rows.append(UsageRow(local, requests=3, unpriced=3, input_tokens=900))
    return UsageReport(
        ("day", "model"), since.isoformat(), until.isoformat(), "2026-11-28", tuple(rows)
    )


async def read(days: int) -> tuple[UsageReport, tuple[Budget, ...]]:
    return report(days), BUDGETS


async def test_usage_shows_days_models_and_budgets(snap: Snap) -> None:
    await snap(UsageScreen(read), "usage", prepare=lambda pilot: pilot.pause())


async def test_usage_that_cannot_be_read_says_why(snap: Snap) -> None:
    async def refuse(days: int) -> tuple[UsageReport, tuple[Budget, ...]]:
        raise LoomError("cannot reach the Loom server at http://x", "Check that it runs.")

    app = Gallery(UsageScreen(refuse))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Check that it runs." in str(app.screen.query_one("#usage", Static).visual)


async def test_keys_change_the_period_and_leave() -> None:
    asked: list[int] = []

    async def note(days: int) -> tuple[UsageReport, tuple[Budget, ...]]:
        asked.append(days)
        return report(days), ()

    app = Gallery(UsageScreen(note))
    async with app.run_test() as pilot:
        await pilot.press("left", "left", "right", "right", "r")
        await pilot.pause()
        await pilot.press("escape")
        assert app.results == [None]
    assert asked[0] == 30
    assert {7, 90} <= set(asked)


@pytest.mark.parametrize("width", [40, 80, 158])
@pytest.mark.parametrize("days", [1, 7, 30, 90, 400])
def test_no_line_is_wider_than_the_room(width: int, days: int) -> None:
    for line in pictured(report(days), BUDGETS, width, 20):
        assert line.cell_length <= width


def test_the_dearest_model_comes_first_and_an_unpriced_one_is_unknown() -> None:
    models = models_of(report().rows)
    assert models[0].name == "anthropic/claude-opus-5-5"
    assert models[-1].name == "openai/llama-local"
    text = "\n".join(line.plain for line in pictured(report(), (), 80, 24))
    assert "unknown" in text


def test_nothing_used_is_said() -> None:
    empty = UsageReport(("day", "model"), "2026-11-01", "2026-11-28", "2026-11-28", ())
    assert "Nothing" in pictured(empty, (), 80, 24)[0].plain
