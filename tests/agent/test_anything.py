"""Any Op at any moment against a model that does anything: what must hold whatever happens."""

import asyncio
from itertools import count
from random import Random

import pytest

from loom.core.history import model_view, visible
from loom.core.messages import Text
from loom.core.protocol import (
    Cancel,
    Close,
    Compact,
    Decide,
    PermissionAsked,
    PermissionDecided,
    Rename,
    RetryNow,
    RunShell,
    SendMessage,
    SetMode,
    SetModel,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
    UndoCompaction,
)
from loom.core.state import WaitingForUserInput
from tests.core.test_advance import assert_answered
from tests.fakes.restless import RestlessModel

SEEDS = range(16)
PAUSES = (0, 0, 0, 0.001, 0.005, 0.02)


def any_op(random, agent):
    asked = [event.call_id for event in agent.of(PermissionAsked)] or ["nobody"]
    return random.choice(
        (
            SendMessage((Text("work"),)),
            SendMessage((Text("work"),)),
            SendMessage((Text("work"),)),
            Cancel(),
            Cancel(),
            Decide(random.choice(asked), allow=True),
            Decide(asked[-1], allow=True, scope="session", rule="allow write_file(**)"),
            Decide(asked[-1], allow=False),
            SetMode(random.choice(("ask", "edit", "auto", "plan"))),
            SetModel("scripted", random.choice(("one", "two"))),
            Compact(),
            UndoCompaction(),
            RetryNow(),
            RunShell(random.choice(("echo shell", "sleep 30"))),
            Rename("a title"),
        )
    )


async def play(random, agent):
    for _ in range(random.randint(5, 25)):
        await agent.runtime.submit(any_op(random, agent))
        await asyncio.sleep(random.choice(PAUSES))


async def come_to_rest(agent):
    """Esc until nothing is under way, and then once more: what was asked before is done by then."""
    was_resting = False
    async with asyncio.timeout(10):
        for number in count():
            await agent.runtime.submit(Cancel())
            await agent.runtime.submit(Rename(f"rest {number}"))
            while agent.runtime.record.thread.title != f"rest {number}":
                await asyncio.sleep(0.001)
            if was_resting and is_resting(agent.runtime):
                return
            was_resting = is_resting(agent.runtime)


def is_resting(runtime):
    return isinstance(runtime.state, WaitingForUserInput) and not runtime.tasks.keys


@pytest.mark.parametrize("seed", SEEDS)
async def test_any_op_at_any_moment_leaves_everything_in_order(start, store, seed):
    random = Random(seed)
    agent = await start(RestlessModel(random), context_limit=1_000, max_rounds=5)
    await play(random, agent)
    await come_to_rest(agent)
    entries = await store.entries(agent.runtime.thread_id)
    assert agent.runtime.state.conversation.messages == model_view(entries)
    await agent.runtime.submit(Close())
    await agent.closed()
    assert_in_order(agent, visible(entries))


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_close_at_any_moment_leaves_everything_in_order(start, store, seed):
    random = Random(seed)
    agent = await start(RestlessModel(random), context_limit=1_000, max_rounds=5)
    await play(random, agent)
    for _ in range(random.randint(1, 2)):
        await agent.runtime.submit(Close())
    await agent.closed()
    assert_in_order(agent, visible(await store.entries(agent.runtime.thread_id)))
    await assert_children_closed_well(store, agent.runtime.thread_id)


def assert_in_order(agent, messages):
    assert_answered(messages)
    assert [event.seq for event in agent.seen] == list(range(1, len(agent.seen) + 1))
    assert_balanced(agent.seen)
    assert_each_once(agent, PermissionAsked, PermissionDecided)
    assert_each_once(agent, ToolStarted, ToolFinished)
    assert agent.runtime.authorizer.pending == ()
    assert agent.runtime.toolbox.memory.jobs == {}


def assert_balanced(events):
    """Turns begin and end in turn."""
    frames = [type(e) for e in events if isinstance(e, TurnStarted | TurnFinished)]
    assert frames == [TurnStarted, TurnFinished] * (len(frames) // 2)


def assert_each_once(agent, first, then):
    """Each `first` is followed by one `then` of the same call before the next of that call."""
    still_open = set()
    for event in agent.seen:
        if isinstance(event, first):
            assert event.call_id not in still_open
            still_open.add(event.call_id)
        elif isinstance(event, then):
            still_open.discard(event.call_id)
    assert still_open == set()


async def assert_children_closed_well(store, parent):
    for thread in await store.list():
        if thread.parent == parent:
            assert_answered(visible(await store.entries(thread.id)))
