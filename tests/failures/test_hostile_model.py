"""What a model may say, however mad: the turn ends, and the thread stays valid and usable."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from loom.cli.once import TextPrinter
from loom.core.history import visible
from loom.core.messages import Message, Text
from loom.core.protocol import MessageAdded, Notice, SetMode, ToolFinished, TurnFinished
from tests.fakes import claude_wire as claude
from tests.fakes.upstream import Line, Received, events

END_WITH_CALLS = claude.sse(
    "message_delta",
    delta={"stop_reason": "tool_use", "stop_sequence": None},
    usage={"output_tokens": 7},
) + claude.sse("message_stop")
OPEN = claude.sse("message_start", message={**claude.MESSAGE, "content": [], "stop_reason": None})


def call(index: int, arguments: str, name: str = "read_file", call_id: str = "") -> bytes:
    """A tool call on the wire, its arguments in one piece."""
    block = {"type": "tool_use", "id": call_id or f"call_{index}", "name": name, "input": {}}
    delta = {"type": "input_json_delta", "partial_json": arguments}
    return (
        claude.sse("content_block_start", index=index, content_block=block)
        + claude.sse("content_block_delta", index=index, delta=delta)
        + claude.sse("content_block_stop", index=index)
    )


def says(*pieces: bytes) -> bytes:
    return claude.START + b"".join(pieces) + claude.END


class Once:
    """Answers the first request with `first`, and every other with a plain word."""

    def __init__(self, *first: bytes) -> None:
        self._first = first
        self.requests: list[Any] = []

    async def __call__(self, request: Received, line: Line) -> None:
        self.requests.append(request.json())
        chunks = self._first if len(self.requests) == 1 else (says(claude.text("Well.")),)
        await events(*chunks)(request, line)


async def usable(agent, turns: int) -> None:
    """The session takes another message and answers it."""
    await agent.say("and now?")
    assert (await agent.until(TurnFinished, turns)).reason == "done"
    assert agent.of(MessageAdded)[-1].message.text == "Well."


async def test_a_text_of_five_megabytes_is_kept_whole(talk_to, store):
    piece = "so many words " * 3_500
    agent = await talk_to(Once(claude.START, *(claude.text(piece),) * 100, claude.END))
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "done"
    said = visible(await store.entries(agent.runtime.thread_id))[-1]
    assert said.text == piece * 100
    await usable(agent, 2)


CONTROLS = "\x1b]0;title\x07\x1b[2J\x00\x07\r\x9b31m\u202egpj.exe\u2066 \ufeff\uffff"


async def test_control_characters_are_data(talk_to, store):
    agent = await talk_to(Once(says(claude.text(CONTROLS))))
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "done"
    assert visible(await store.entries(agent.runtime.thread_id))[-1].text == CONTROLS
    await usable(agent, 2)


def test_control_characters_do_not_reach_the_terminal_of_one_answer(capsys):
    printer = TextPrinter()
    printer.show(MessageAdded(message=Message("assistant", (Text(CONTROLS),))))
    printer.show(Notice(text=CONTROLS))
    printer.end()
    printed = capsys.readouterr()
    assert not {"\x1b", "\x9b", "\x07", "\x00", "\u202e"} & set(printed.out + printed.err)


@pytest.mark.parametrize(
    "data",
    [b'"text": "\xff\xfe\xc3("', b'"text": "\xed\xa0\x80"', b'"text": "\\ud800"'],
    ids=["no utf-8", "a coded surrogate", "an escaped surrogate"],
)
async def test_half_characters_end_in_an_answer_or_in_one_error(talk_to, data):
    broken = claude.text("X").replace(b'"text": "X"', data)
    agent = await talk_to(Once(says(broken)))
    await agent.say("hi")
    finished = await agent.until(TurnFinished)
    assert len(agent.of(Notice)) == (finished.reason == "failed")
    await usable(agent, 2)


def deep(levels: int) -> str:
    return '{"path": ' + "[" * levels + "]" * levels + "}"


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nested a little": lambda: call(0, deep(50)),
    "nested deeply": lambda: call(0, deep(900)),
    "nested very deeply": lambda: call(0, deep(100_000)),
    "no JSON": lambda: call(0, '{"path": '),
    "no object": lambda: call(0, '"a.txt"'),
    "ten megabytes": lambda: call(0, json.dumps({"path": "x" * 10_000_000})),
    "NUL": lambda: call(0, json.dumps({"path": "a\0.txt"})),
    "a surrogate": lambda: call(0, '{"path": "\\ud800"}'),
    "a number beyond all": lambda: call(0, '{"path": "a.txt", "offset": 1' + "0" * 400 + "}"),
    "a float beyond all": lambda: call(0, '{"path": "a.txt", "offset": 1e999}'),
    "a key twice": lambda: call(0, '{"path": "a.txt", "path": "b.txt"}'),
    "no such tool": lambda: call(0, "{}", "rm_rf"),
    "no name": lambda: call(0, "{}", ""),
    "a name of control characters": lambda: call(0, "{}", "\x1b[2J\0"),
    "a long name": lambda: call(0, "{}", "x" * 100_000),
    "an id of control characters": lambda: call(0, '{"path": "a.txt"}', call_id="\x1b\0\n"),
    "a long id": lambda: call(0, '{"path": "a.txt"}', call_id="x" * 100_000),
    "the same ids": lambda: b"".join(call(i, '{"path": "a.txt"}', call_id="c") for i in range(5)),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_call_is_answered_and_breaks_nothing(talk_to, name):
    agent = await talk_to(Once(OPEN + HOSTILE[name]() + END_WITH_CALLS))
    await agent.say("hi")
    finished = await agent.until(TurnFinished)
    assert finished.reason == "done" or len(agent.of(Notice)) == 1
    await usable(agent, 2)


async def test_calls_beyond_all_measure_are_not_taken(talk_to):
    calls = b"".join(call(i, '{"path": "a.txt"}') for i in range(10_000))
    once = Once(OPEN, calls, END_WITH_CALLS)
    agent = await talk_to(once)
    await agent.runtime.submit(SetMode("plan"))
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "done"
    taken = agent.of(ToolFinished)
    assert len(taken) == 128
    (notice,) = agent.of(Notice)
    assert "10000" in notice.text and "128" in notice.text
    results = [b for b in once.requests[1]["messages"][-1]["content"] if b["type"] == "tool_result"]
    assert len(results) == 128
