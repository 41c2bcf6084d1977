"""A compaction that the person asked for, and that did not come to its end."""

import asyncio

import pytest

from loom.agent.record import COMPACTION_BEGUN, COMPACTION_ENDED
from loom.core.llm import LlmRequest, LlmResponse
from loom.core.messages import Thread
from loom.core.protocol import (
    Cancel,
    Close,
    Compact,
    CompactionStarted,
    Notice,
    SessionClosed,
    TurnFinished,
)
from tests.fakes.model import ScriptedModel, says


class Thoughtful(ScriptedModel):
    """Never comes to the end of a summary."""

    async def complete(self, provider: str, request: LlmRequest) -> LlmResponse:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


async def compacting(start):
    agent = await start(Thoughtful(says("one")))
    await agent.say("first")
    await agent.until(TurnFinished)
    await agent.runtime.submit(Compact())
    await agent.until(CompactionStarted)
    return agent


async def test_a_crash_in_it_is_told(start, store, workspace):
    thread = await store.create(Thread("", workspace=str(workspace)))
    await store.append(thread.id, COMPACTION_BEGUN)
    agent = await start(ScriptedModel(says("x")), thread=thread)
    assert "while it compacted" in (await agent.until(Notice)).text


async def test_its_begin_is_on_disk_before_it_is_shown(start, store):
    agent = await compacting(start)
    assert (await store.entries(agent.runtime.thread_id))[-1] == COMPACTION_BEGUN


@pytest.mark.parametrize("ops", [(Cancel(), Close()), (Close(),)], ids=["Esc", "quit"])
async def test_one_that_the_person_stopped_is_no_crash(start, store, ops):
    agent = await compacting(start)
    for op in ops:
        await agent.runtime.submit(op)
    await agent.until(SessionClosed)
    assert (await store.entries(agent.runtime.thread_id))[-1] == COMPACTION_ENDED
    again = await start(ScriptedModel(says("x")), thread=agent.runtime.record.thread)
    await again.say("hi")
    await again.until(TurnFinished)
    assert not again.of(Notice)
