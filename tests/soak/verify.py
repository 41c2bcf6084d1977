"""What must hold after a kill: of the database, of the thread, and of the session that goes on."""

import asyncio
import sqlite3
from contextlib import AsyncExitStack, closing

from loom.agent.record import BEGAN, NEVER_BEGAN
from loom.agent.services import AgentSettings, Services
from loom.agent.session import AgentSession
from loom.core.history import (
    CheckpointEntry,
    CompactionEntry,
    Entry,
    Interrupted,
    ToolResultEntry,
    ToolStartEntry,
    interrupted,
    model_view,
    unfinished_turn,
    visible,
)
from loom.core.llm import LlmRequest
from loom.core.messages import Message, Text, ToolResult
from loom.core.protocol import (
    AnyEvent,
    Compacted,
    MessageAdded,
    Notice,
    SendMessage,
    SessionStarted,
    ThreadChanged,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from loom.host.sessions import Host
from loom.sandbox import NoSandbox
from loom.threads.store import ThreadStore
from loom.tools import load
from tests.fakes.model import ScriptedModel, says
from tests.soak.driver import Trial
from tests.soak.scene import AFTER, BEFORE, COMMANDS, COUNTER, EDITED
from tests.soak.validity import check_valid

GOES_ON = "I go on."
_FINISHED = "turn_finished"


async def verify(trial: Trial) -> None:
    """Open what the killed process left, go on with it, and check all of it."""
    check_integrity(trial)
    async with ThreadStore.open(trial.database) as store:
        (thread,) = await store.list()
        left = await store.entries(thread.id)
        check_shown_is_there(trial.shown, left, thread.title)
        check_effects(trial, left)
        ran = commands_that_ran(trial)
        model = ScriptedModel(says(GOES_ON))
        seen = await go_on(trial, store, thread.id, model)
        check_said(left, seen)
        check_told(left, model.requests[0])
        assert commands_that_ran(trial) == ran, "a command ran again"
        check_continued(left, await store.entries(thread.id))
        check_valid(await store.entries(thread.id))
    check_integrity(trial)


def check_integrity(trial: Trial) -> None:
    """Every database is whole, and so is its search index."""
    databases = [trial.database, *trial.folder.glob("home/**/*.db")]
    for path in databases:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), path
            assert not connection.execute("PRAGMA foreign_key_check").fetchall(), path


def check_shown_is_there(shown: list[AnyEvent], left: tuple[Entry, ...], title: str) -> None:
    """What was shown as done is on disk."""
    messages = {message.id: message for message in visible(left)}
    results = {e.result.tool_use_id: e.result for e in left if isinstance(e, ToolResultEntry)}
    starts = {e.call_id for e in left if isinstance(e, ToolStartEntry)}
    folds = [(e.summary, e.folded) for e in left if isinstance(e, CompactionEntry)]
    ends = {e.turn_id for e in left if isinstance(e, CheckpointEntry) and e.event == _FINISHED}
    for event in shown:
        match event:
            case MessageAdded():
                assert messages.get(event.message.id) == event.message
            case ToolStarted():
                assert event.call_id in starts
            case ToolFinished():
                assert results.get(event.call_id) == event.result
            case Compacted():
                assert (event.summary, event.folded) in folds
            case TurnFinished():
                assert event.turn_id in ends
            case ThreadChanged():
                assert title == event.thread.title


def commands_that_ran(trial: Trial) -> list[str]:
    """The counter's lines."""
    counter = trial.workspace / COUNTER
    return counter.read_text().splitlines() if counter.exists() else []


def check_effects(trial: Trial, left: tuple[Entry, ...]) -> None:
    """No command ran twice, no edit is half made, and nothing ran that is not on disk as begun."""
    begun = {entry.call_id for entry in left if isinstance(entry, ToolStartEntry)}
    ran = commands_that_ran(trial)
    assert ran == list(COMMANDS[: len(ran)])
    assert {f"call_{name}" for name in ran} <= begun
    text = (trial.workspace / EDITED).read_text()
    assert text in (BEFORE, AFTER)
    assert text == BEFORE or "call_edit" in begun


async def go_on(
    trial: Trial, store: ThreadStore, thread_id: str, model: ScriptedModel
) -> list[AnyEvent]:
    """Open the thread in a host of our own, say “continue”, and return what was seen."""
    services = make_services(trial, store, model)
    # A window that nothing fills: going on must not begin with a compaction of its own.
    settings = AgentSettings(provider="scripted", mode="auto", context_limit=10_000_000)
    async with AsyncExitStack() as stack:
        socket = trial.folder / "again" / "host.sock"
        host = await stack.enter_async_context(Host(services, settings, socket))
        session = await host.open(thread_id)
        await session.submit(SendMessage((Text("continue"),)))
        async with asyncio.timeout(20):
            return await until_finished(session)


async def until_finished(session: AgentSession) -> list[AnyEvent]:
    seen: list[AnyEvent] = []
    async for event in session.events(after=0):
        seen.append(event)
        if isinstance(event, TurnFinished):
            break
    return seen


def make_services(trial: Trial, store: ThreadStore, model: ScriptedModel) -> Services:
    async def refuse(*arguments: object) -> None:
        raise AssertionError("nothing is searched or kept here")

    return Services(
        store=store,
        model=model,
        tools=load(),
        sandbox=NoSandbox("not confined"),
        environment={"PATH": "/usr/bin:/bin"},
        search=refuse,
        keep_rule=refuse,
        scratch=trial.folder / "scratch",
        config_home=trial.folder / "config",
    )


def check_said(left: tuple[Entry, ...], seen: list[AnyEvent]) -> None:
    """The person is told once what was interrupted, and nothing when nothing was."""
    notices = [event for event in seen if isinstance(event, Notice)]
    was_open = unfinished_turn(left)
    assert len(notices) == was_open, notices
    for lost in interrupted(left):
        assert (lost.call.name in notices[0].text) or not lost.had_begun
    started = next(event for event in seen if isinstance(event, SessionStarted))
    assert _named(started.messages) == _named(visible(left))
    assert isinstance(seen[-1], TurnFinished)
    assert seen[-1].reason == "done"


def _named(messages: tuple[Message, ...]) -> list[Message]:
    """What somebody said, without the answers of tools."""
    return [message for message in messages if message.id]


def check_told(left: tuple[Entry, ...], request: LlmRequest) -> None:
    """The model is told which of its calls were interrupted, and which never began."""
    answers = {result.tool_use_id: result for m in request.messages for result in m.tool_results}
    for lost in interrupted(left):
        assert _expected(lost) in _words(answers[lost.call.id])
        assert answers[lost.call.id].is_error


def _expected(lost: Interrupted) -> str:
    return BEGAN if lost.had_begun else NEVER_BEGAN


def _words(result: ToolResult) -> str:
    return "".join(piece.text for piece in result.content if isinstance(piece, Text))


def check_continued(left: tuple[Entry, ...], now: tuple[Entry, ...]) -> None:
    """What was there is still there, in front of what came since."""
    assert now[: len(left)] == left
    assert _texts(visible(now))[-2:] == ["continue", GOES_ON]
    assert _texts(model_view(now))[-2:] == ["continue", GOES_ON]
    assert not unfinished_turn(now)


def _texts(messages: tuple[Message, ...]) -> list[str]:
    return [message.text for message in messages]
