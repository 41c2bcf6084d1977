"""A stored thread's last words, on the screen before its session is there."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.screens.chat import ChatScreen


async def show_glimpse(screen: "ChatScreen") -> None:
    """Show what the store says, unless the session was faster; it then takes its place."""
    found = await asyncio.to_thread(screen.start.glimpse)
    if found is not None and not screen.conversation.thread_id:
        screen.header.title = found.thread.title
        screen.transcript.show_end(found.messages)
