"""The model's side of the scenes: a script behind the real proxy, on Anthropic's wire.

It knows where it is from the conversation alone, so any number of processes may ask it at once.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from loom.core.history import SUMMARY_INTRODUCTION
from tests.fakes.providers.messages import MessagesWire
from tests.fakes.providers.script import Call, Say, Tokens, Turn
from tests.fakes.upstream import Line, Received
from tests.soak.scene import AFTER, BEFORE, COUNTER, EDITED

PACE = 0.004
"""Seconds between two events of a stream."""
SUMMING_UP = 0.15
"""Seconds that a summary takes."""
_FULL = Tokens(input=190_000)
"""Says that the window is nearly full, so that a compaction comes next."""
_LONG = "The model talks for a while, and its words arrive one after another, as words do. "


class Place(NamedTuple):
    """Where a conversation stands: the scene, and whether its first half was folded away."""

    scene: int
    is_compacted: bool


def _count(name: str) -> Call:
    """A command that leaves a line, and takes a while after it."""
    command = f"echo {name} >> {COUNTER}; sleep 0.08; echo {name} ends"
    return Call("bash", {"command": command}, id=f"call_{name}", size=30)


def _read(path: str, scene: int) -> Call:
    return Call("read_file", {"path": path}, id=f"call_{path[:4]}_{scene}", size=30)


_EDIT = Call(
    "edit_file",
    {"path": EDITED, "edits": [{"old_str": BEFORE, "new_str": AFTER}]},
    id="call_edit",
    size=30,
)
_ANSWERS: Mapping[Place, tuple[Turn, ...]] = {
    Place(1, False): (
        Turn(Say(_LONG), _read("long.txt", 1), _read("wide.txt", 1), _read(EDITED, 1), delay=PACE),
        Turn(Say("I have seen all of it. " + _LONG), delay=PACE),
    ),
    Place(2, False): (
        Turn(Say("I change it."), _EDIT, delay=PACE),
        Turn(Say("Now I run it."), _count("one"), _count("two"), tokens=_FULL, delay=PACE),
    ),
    Place(2, True): (
        Turn(Say("Once more."), _count("three"), delay=PACE),
        Turn(Say("The plan is changed. " + _LONG), delay=PACE),
    ),
    Place(3, False): (
        Turn(Say("Again."), _read(EDITED, 3), _count("four"), _read("long.txt", 3), delay=PACE),
        Turn(Say(_LONG), delay=PACE),
    ),
}


async def answer(request: Received, line: Line) -> None:
    """One answer to a request that Anthropic's SDK would take; BadRequest for another."""
    body, wire = request.json(), MessagesWire()
    asked = wire.asked(body)
    if not asked.is_stream:
        await asyncio.sleep(SUMMING_UP)
        return await line.whole(wire.whole(Turn(Say("Much was done.")), asked.model))
    place, rounds = _place(body["messages"])
    turn = _ANSWERS[place][rounds]
    await line.stream()
    for event in wire.stream(turn, asked.model):
        await asyncio.sleep(turn.delay)
        await line.chunk(event)
    return await line.end()


def _place(messages: list[dict[str, Any]]) -> tuple[Place, int]:
    """The last prompt's place, and how often the model answered since."""
    rounds = 0
    for message in reversed(messages):
        if message["role"] == "assistant":
            rounds += 1
            continue
        texts = [block["text"] for block in message["content"] if block["type"] == "text"]
        for text in reversed(texts):
            if "Scene " in text:
                scene = int(text.rpartition("Scene ")[2][0])
                return Place(scene, text.startswith(SUMMARY_INTRODUCTION)), rounds
    raise ValueError("no scene is played in this conversation")
