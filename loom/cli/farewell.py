"""What stands on the terminal when the app has left it: a few lines, or the whole conversation."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.core.messages import Message, Thread
    from loom.threads.store import ThreadStore

_CHANGING = frozenset({"write_file", "edit_file"})
_STANDINGS = {"working": "the agent works on", "waiting": "a question waits for you"}


def say_farewell(
    thread_id: str, environment: Mapping[str, str], *, with_transcript: bool = False
) -> None:
    """Print what was done in a thread and how to go on with it; nothing where nobody listens."""
    import asyncio

    from loom.core.errors import LoomError

    try:
        said = asyncio.run(_read(thread_id, environment, with_transcript))
    except LoomError:
        said = f"loom resume {thread_id}"
    say(said)


def in_words(thread_id: str, environment: Mapping[str, str]) -> str:
    """Whether a thread lives on and how to go on with it, for who listens instead of looking."""
    import asyncio

    from loom.core.errors import LoomError

    try:
        standing = asyncio.run(_standing(thread_id, environment))
    except LoomError:
        standing = ""
    # A line of its own: it is told whole, and its end is not broken off by the terminal's edge.
    words = f"{_STANDINGS[standing].capitalize()}.\nTo go back to it" if standing else "To go on"
    return f"{words}: {_way_back(thread_id, standing)}"


async def _standing(thread_id: str, environment: Mapping[str, str]) -> str:
    from loom.cli.threads import open_store

    async with open_store(environment) as store:
        return await _standing_now(store, thread_id)


async def _read(thread_id: str, environment: Mapping[str, str], with_transcript: bool) -> str:
    from loom.cli.threads import open_store
    from loom.core import history
    from loom.markup.clean import visible
    from loom.threads.exchange import export_markdown

    async with open_store(environment) as store:
        thread = await store.find(thread_id)
        standing = await _standing_now(store, thread.id)
        messages = history.visible(await store.entries(thread.id))
        page = (await export_markdown(store, thread)).decode() if with_transcript else ""
    return visible(page + "\n".join(summary(thread, messages, standing)))


async def _standing_now(store: "ThreadStore", thread_id: str) -> str:
    """`working` or `waiting` for a person while the thread lives on elsewhere; else empty.

    Asked once the app has let go of it: only then is a session that lives on not its own.
    """
    from loom.host.live import live_session

    session = await live_session(store.leases, thread_id)
    return session.standing if session and session.standing in _STANDINGS else ""


def _way_back(thread_id: str, standing: str) -> str:
    """The command that goes on with a thread, which lives on where it has a standing."""
    return f"loom {'attach' if standing else 'resume'} {thread_id}"


def summary(thread: "Thread", messages: "Sequence[Message]", standing: str = "") -> list[str]:
    """The thread's title, how much was said and changed in it, and how to go on and to read it."""
    said = sum(1 for message in messages if message.text.strip())
    facts = [_counted(said, "message")]
    if files := changed_files(messages):
        facts.append(_counted(len(files), "file") + " changed")
    if standing:
        facts.append(_STANDINGS[standing])
    title = " ".join(thread.title.split())
    ways = [_way_back(thread.id, standing), f"loom log {thread.id} prints all of it"]
    return [title, " · ".join(facts), *ways]


def changed_files(messages: "Sequence[Message]") -> set[str]:
    """Paths, as the model named them, of files that a tool call wrote."""
    results = [result for message in messages for result in message.tool_results]
    done = {result.tool_use_id for result in results if not result.is_error}
    calls = [call for message in messages for call in message.tool_calls]
    return {
        str(call.input.get("path", ""))
        for call in calls
        if call.name in _CHANGING and call.id in done
    }


def say(text: str) -> None:
    """Print to a terminal that may be gone by now; then nobody reads it, and that is no failure."""
    try:
        print(text, flush=True)
    except OSError:
        # What is still buffered would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
