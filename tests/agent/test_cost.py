import asyncio

import pytest
from msgspec.structs import replace

from loom.core.llm import Completed, LlmEvent
from loom.core.protocol import ContextChanged, Notice, TurnFinished
from tests.agent.conftest import Start
from tests.fakes.model import ScriptedModel, says


def costing(cost_usd: float | None, notice: str = "") -> list[LlmEvent]:
    *deltas, end = says("Done.")
    assert isinstance(end, Completed)
    return [*deltas, Completed(replace(end.response, cost_usd=cost_usd, notice=notice))]


async def test_what_answers_cost_is_summed_and_told(start: Start) -> None:
    model = ScriptedModel(costing(0.25), costing(None), costing(0.5))
    driver = await start(model)
    for count in range(1, 4):
        await driver.say("go on")
        await driver.until(TurnFinished, count)
    async with asyncio.timeout(10):
        while driver.of(ContextChanged)[-1].cost_usd != pytest.approx(0.75):
            await asyncio.sleep(0.01)
    assert 0.25 in [event.cost_usd for event in driver.of(ContextChanged)]


async def test_a_cost_that_nobody_knows_is_not_told_as_nothing(start: Start) -> None:
    driver = await start(ScriptedModel(costing(None)))
    await driver.say("go on")
    await driver.until(TurnFinished)
    assert {event.cost_usd for event in driver.of(ContextChanged)} == {None}


async def test_what_the_server_says_of_a_budget_is_told_once(start: Start) -> None:
    text = "The month's budget: $9 of $10 is spent."
    driver = await start(ScriptedModel(costing(0.1, text), costing(0.1)))
    for count in (1, 2):
        await driver.say("go on")
        await driver.until(TurnFinished, count)
    notices = [event for event in driver.of(Notice) if event.text == text]
    assert [notice.level for notice in notices] == ["warning"]
