"""A clock that runs backwards: nothing depends on it but what a person reads."""

from loom.agent.services import Clock
from loom.core.history import visible
from loom.core.messages import ToolCall
from loom.core.protocol import MessageAdded, TurnFinished
from tests.fakes.model import ScriptedModel, says

READ = ToolCall("r1", "read_file", {"path": "a.txt"})


class BackwardClock(Clock):
    """Every look at it is an hour before the last."""

    def __init__(self) -> None:
        self._now = 1_900_000_000_000

    def now_ms(self) -> int:
        self._now -= 3_600_000
        return self._now


async def test_the_conversation_keeps_its_order(talk, store):
    model = ScriptedModel(says("I read.", READ), says("Alpha."), says("Again."))
    agent = await talk(model, clock=BackwardClock())
    for count, prompt in enumerate(("first", "second"), 1):
        await agent.say(prompt)
        await agent.until(TurnFinished, count)
    messages = visible(await store.entries(agent.runtime.thread_id))
    assert [m.text for m in messages if m.text] == [
        "first",
        "I read.",
        "Alpha.",
        "second",
        "Again.",
    ]


async def test_ids_stay_unique_and_no_turn_takes_less_than_no_time(talk):
    agent = await talk(ScriptedModel(says("Well.")), clock=BackwardClock())
    for count in range(1, 6):
        await agent.say("hi")
        await agent.until(TurnFinished, count)
    ids = [event.message.id for event in agent.of(MessageAdded)]
    assert len(set(ids)) == len(ids) == 10
    assert all(event.duration_ms >= 0 for event in agent.of(TurnFinished))


async def test_the_thread_opens_again(talk, store):
    agent = await talk(ScriptedModel(says("Well.")), clock=BackwardClock())
    await agent.say("hi")
    await agent.until(TurnFinished)
    (thread,) = await store.list()
    again = await talk(ScriptedModel(says("Still well.")), thread)
    await again.say("and now?")
    assert (await again.until(TurnFinished)).reason == "done"
