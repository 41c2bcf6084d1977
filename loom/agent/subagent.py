"""An agent that works for another: a thread of its own, the same rules, its last words back."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace

from loom.agent.runtime import Runtime
from loom.agent.services import AgentSettings, Services
from loom.core.errors import ToolError
from loom.core.messages import Text, Thread
from loom.core.protocol import (
    Close,
    MessageAdded,
    Notice,
    SendMessage,
    SessionClosed,
    ToolStarted,
    TurnFinished,
)
from loom.threads.lease import Holder

PATIENCE = 3.0
"""Seconds in which a stopped sub-agent may settle its thread."""
NOT_FOR_SUBAGENTS = frozenset({"task", "todo"})


async def run_subagent(
    parent: Runtime,
    services: Services,
    settings: AgentSettings,
    request: tuple[str, str],
    tell: Callable[[str], None],
) -> str:
    """Run (description, prompt) `request` to its end and return the agent's last words.

    The child shares the parent's permissions: what is denied there is denied here, and what is
    asked is asked in the parent's session. Cancelled, it closes the child's session first.

    Raises ToolError when it failed or was stopped.
    """
    description, prompt = request
    tools = {name: tool for name, tool in services.tools.items() if name not in NOT_FOR_SUBAGENTS}
    child = Runtime(
        await _child_thread(parent, services, description),
        replace(services, tools=tools),
        replace(settings, provider=parent.requests.provider, model=parent.requests.model),
        _no_children,
        authorizer=parent.authorizer,
        role="subagent",
    )
    holder = Holder(os.getpid(), services.clock.now_ms())
    with await services.store.lease(child.thread_id, holder):
        running = asyncio.create_task(child.run(), name=f"sub-agent {child.thread_id}")
        try:
            await child.submit(SendMessage((Text(prompt),)))
            words, reason = await _follow(child, tell)
        finally:
            await _close(child, running)
            parent.requests.spent(child.requests.usage, child.requests.cost_usd)
    if reason != "done":
        raise ToolError(f"the sub-agent ended with “{reason}”: {words or 'it said nothing'}")
    return words


async def _close(child: Runtime, running: asyncio.Task[None]) -> None:
    """Let it answer its open calls and end its turn, but not for ever."""
    try:
        await child.submit(Close())
        await asyncio.wait({running}, timeout=PATIENCE)
    finally:
        running.cancel()


async def _child_thread(parent: Runtime, services: Services, description: str) -> Thread:
    above = await parent.record.refresh()
    now = services.clock.now_ms()
    thread = Thread(
        services.clock.new_thread_id(),
        title=description,
        workspace=above.workspace,
        created_at=now,
        updated_at=now,
        is_private=above.is_private,
        parent=above.id,
    )
    return await services.store.create(thread)


async def _follow(child: Runtime, tell: Callable[[str], None]) -> tuple[str, str]:
    words = ""
    async for event in child.events(after=0):
        if isinstance(event, ToolStarted):
            tell(f"{event.summary or event.name}\n")
        if isinstance(event, MessageAdded) and event.message.role == "assistant":
            words = event.message.text or words
        if isinstance(event, Notice) and event.level == "error":
            words = event.text
        if isinstance(event, TurnFinished):
            return words, event.reason
        if isinstance(event, SessionClosed):
            words = event.reason or words
    return words, "closed"


async def _no_children(description: str, prompt: str, tell: Callable[[str], None]) -> str:
    raise ToolError("a sub-agent has no sub-agents")
