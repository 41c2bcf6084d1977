"""`loom --plain`: the linear front end, for screen readers, dumb terminals and pipes."""

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from loom.config.settings import Settings
from loom.directories import state_directory

if TYPE_CHECKING:
    from loom.cli.chat import Opening


def is_plain(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether the person asked for it, or the terminal can show nothing else."""
    return settings.tui.screen_reader or environment.get("TERM") == "dumb"


def talk(opening: "Opening") -> int:
    """Run it until the person leaves. Raises LoomError."""
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    thread = asyncio.run(_talk(opening))
    if thread and not opening.is_demo:
        from loom.cli.farewell import in_words

        print(in_words(thread, opening.plan.environment))
    return 0


async def _talk(opening: "Opening") -> str:
    """The id of the thread that was spoken in last; empty when nothing was said."""
    from loom.cli.resident import open_sessions
    from loom.cli.services import shares_of
    from loom.plain.talk import Talk
    from loom.screens.start import Start

    plan, settings = opening.plan, opening.plan.settings
    start = Start(
        open_host=lambda: open_sessions(plan),
        workspace=plan.workspace,
        provider=settings.provider,
        server_url=settings.server_url,
        shares=lambda: shares_of(settings),
        prompt=opening.prompt,
        draft=opening.draft,
        resume=opening.resume,
        is_private=opening.is_private,
        notes=opening.notes,
        history=None if opening.is_demo else state_directory(plan.environment) / "history",
        is_demo=opening.is_demo,
    )
    async with start.open_host() as host:
        talk = Talk(host, start, sys.stdout)
        await talk.run()
        return talk.thread_id
