"""What a viewer that comes late is told: the thread as it stands, and what is under way."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from loom.core.history import visible
from loom.core.messages import Message
from loom.core.protocol import (
    AnyEvent,
    MessageQueued,
    SessionStarted,
    StreamStarted,
    TextStreamed,
    ToolStarted,
)
from loom.core.state import STATE_NAMES, CallingLlm, ExecutingTools, ShuttingDown

if TYPE_CHECKING:
    from loom.agent.runtime import Runtime


async def snapshot(runtime: "Runtime") -> list[AnyEvent]:
    """SessionStarted and the running things, all with the `seq` of the newest event."""
    # Nothing is committed while the rows are read: a message that is told by an event up to
    # `last_seq` would be missing here, one told after it would come twice.
    async with runtime.committing:
        entries = await runtime.record.entries()
        events: list[AnyEvent] = [_started(runtime, visible(entries)), *_under_way(runtime)]
        return [replace(event, seq=runtime.log.last_seq) for event in events]


def _started(runtime: "Runtime", messages: tuple[Message, ...]) -> SessionStarted:
    state = runtime.state
    tokens = 0 if isinstance(state, ShuttingDown) else state.conversation.context_tokens
    return SessionStarted(
        thread=runtime.record.thread,
        messages=messages,
        mode=runtime.authorizer.mode,
        provider=runtime.requests.provider,
        model=runtime.requests.model,
        state=STATE_NAMES[type(state)],
        context_tokens=tokens,
        context_limit=runtime.requests.window,
        todo=runtime.toolbox.memory.todo,
    )


def _under_way(runtime: "Runtime") -> list[AnyEvent]:
    state = runtime.state
    if isinstance(state, ShuttingDown):
        return []
    events: list[AnyEvent] = []
    if isinstance(state, CallingLlm):
        requests = runtime.requests
        events.append(StreamStarted(provider=requests.provider, model=requests.model))
        events.append(TextStreamed(text=requests.streamed))
    if isinstance(state, ExecutingTools):
        events += [
            ToolStarted(
                call_id=e.call.id, name=e.call.name, summary=runtime.toolbox.summary(e.call)
            )
            for e in state.executions
            if e.status == "running"
        ]
    events += runtime.authorizer.pending
    events += [MessageQueued(message=message) for message in state.conversation.queue]
    return events
