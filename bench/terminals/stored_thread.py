"""A thread as a long session leaves it, written through Loom's own store."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from bench.terminals.text import markdown
from loom.core.history import Entry, MessageEntry, ToolResultEntry
from loom.core.messages import Message, Text, Thread, ToolCall, ToolResult
from loom.threads.store import ThreadStore

LAST_WORDS = "END-OF-THREAD"
ANSWER, REMARK = 1400, 150
"""Characters of a turn's answer, and of what is said before a call."""


def store_with(folder: Path, messages: int) -> Path:
    """A database in `folder` with one thread of so many messages; its id is `thread_id`."""
    path = folder / f"{messages}.db"
    asyncio.run(_written(path, messages))
    return path


def thread_id(messages: int) -> str:
    """The thread of `store_with`."""
    return f"T-0199{messages:04d}-0000-7000-8000-000000000000"


async def _written(path: Path, messages: int) -> None:
    async with ThreadStore.open(path) as store:
        thread = Thread(thread_id(messages), title=f"{messages} messages")
        await store.create(thread, tuple(entries(messages)))


def entries(messages: int) -> Iterator[Entry]:
    """Turns of four and six messages, with one and two tool calls in turn: ten hold three calls.

    `messages` is a multiple of ten; 5,000 hold 1,500 calls and 2 MB of text.
    """
    turns = messages // 5
    for turn in range(turns):
        yield MessageEntry(Message("user", (Text(f"Question {turn}: what comes next?"),)))
        for call in range(1 + turn % 2):
            yield from called(f"toolu_{turn}_{call}", seed=turn)
        end = f"\n\n{LAST_WORDS}" if turn == turns - 1 else ""
        yield answer(markdown(ANSWER, seed=turn) + end)


def called(call_id: str, seed: int) -> Iterator[Entry]:
    """A call of the shell tool and its result."""
    call = ToolCall(call_id, "bash", {"command": f"wc -l src/part{seed}.py"})
    yield MessageEntry(Message("assistant", (Text(markdown(REMARK, seed)[:REMARK]), call)))
    output = "".join(f"{line} src/part{seed}.py\n" for line in range(12))
    yield ToolResultEntry(ToolResult(call_id, (Text(output),)))


def answer(text: str) -> MessageEntry:
    """What the model says at the end of a turn."""
    return MessageEntry(Message("assistant", (Text(text),), stop_reason="end_turn"))
