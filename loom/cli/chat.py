"""`loom [PROMPT]`: the app."""

import gc
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field

from loom.cli.keys import keymap_of
from loom.cli.options import overrides, workspace_of
from loom.cli.plain import is_plain, talk
from loom.cli.plan import Plan
from loom.cli.upkeep import bring_up_to_date
from loom.config.load import load
from loom.core.errors import ConfigError
from loom.directories import state_directory

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from loom.api.budgets import Budget
    from loom.api.clients.shares import SharesClient
    from loom.api.usage import UsageReport
    from loom.host.base import SessionHost
    from loom.threads.glimpse import Glimpse


class Opening(Struct, frozen=True):
    """What the app begins with; see `loom.screens.start.Start` for the words."""

    plan: Plan
    prompt: str = ""
    draft: str = ""
    resume: str | None = None
    is_private: bool = False
    is_demo: bool = False
    notes: tuple[str, ...] = ()
    keymap: Mapping[str, str] = field(default_factory=dict)


def run(args: Namespace) -> int:
    """Open the app on a new thread. Raises LoomError."""
    return show(opening_of(args, prompt=args.prompt))


def opening_of(
    args: Namespace, *, prompt: str = "", resume: str | None = None, is_private: bool = False
) -> Opening:
    """What the flags and the settings say. Raises ConfigError."""
    workspace = workspace_of(args)
    config = load(os.environ, workspace, overrides(args))
    allowed = tuple(getattr(args, "allow", None) or ())
    plan = Plan(workspace, config.settings, os.environ, allowed=allowed)
    keymap, warnings = keymap_of(config)
    notes = config.warnings + warnings
    return Opening(
        plan, prompt=prompt, resume=resume, is_private=is_private, notes=notes, keymap=keymap
    )


def show(opening: Opening) -> int:
    """Run the app until the person leaves. Raises ConfigError without a terminal."""
    if is_plain(opening.plan.settings, os.environ):
        bring_up_to_date(opening.plan.store)
        return talk(opening)
    # Under `textual serve` the screen is a browser's, and Textual's driver for it is named here.
    is_served = "TEXTUAL_DRIVER" in os.environ
    if not is_served and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("the app needs a terminal", 'Without one: loom --plain, or loom -p "…"')
    bring_up_to_date(opening.plan.store)
    # What is imported and built for the first frame stays; looking through it for garbage costs a
    # tenth of the time until then.
    gc.disable()
    try:
        return _shown(opening)
    finally:
        gc.enable()


def _collect_from_now_on() -> None:
    """Spare what there is: looking through it again and again would hold keys up."""
    gc.freeze()
    gc.enable()


def _shown(opening: Opening) -> int:
    from loom.app import LoomApp
    from loom.screens.start import Start
    from loom.terminal.order import order_of

    plan = opening.plan
    settings = plan.settings
    # A browser has no scrollback of its own.
    is_inline = settings.tui.inline and "TEXTUAL_DRIVER" not in plan.environment
    start = Start(
        read_usage=_read_usage,
        open_host=partial(_open_host, plan),
        shares=partial(_shares, plan),
        workspace=plan.workspace,
        provider=settings.provider,
        model=settings.model,
        mode=settings.mode,
        theme=settings.tui.theme,
        server_url=settings.server_url,
        prompt=opening.prompt,
        draft=opening.draft,
        resume=opening.resume,
        is_private=opening.is_private,
        last_title=_last_title(plan),
        notes=opening.notes,
        history=None if opening.is_demo else state_directory(plan.environment) / "history",
        is_demo=opening.is_demo,
        is_inline=is_inline,
        reduced_motion=settings.tui.reduced_motion,
        keymap=opening.keymap,
        report_crash=partial(_log_crash, plan.environment),
        glimpse=partial(_glimpse, opening),
        on_built=_collect_from_now_on,
        environment=plan.environment,
        order=order_of(settings.tui.bidi, plan.environment),
        kept_copy=state_directory(plan.environment) / "copied.txt",
    )
    app = LoomApp(start)
    app.run(mouse=settings.tui.mouse and not is_inline)
    if app.last_thread and not opening.is_demo:
        from loom.cli.farewell import say_farewell

        with_transcript = settings.tui.print_on_exit and not is_inline
        say_farewell(app.last_thread, plan.environment, with_transcript=with_transcript)
    return app.return_code or 0


def _open_host(plan: Plan) -> "AbstractAsyncContextManager[SessionHost]":
    # Imported after the first frame, as what it opens.
    from loom.cli.resident import open_sessions

    return open_sessions(plan)


def _shares(plan: Plan) -> "SharesClient | None":
    from loom.cli.services import shares_of

    return shares_of(plan.settings)


async def _read_usage(days: int) -> "tuple[UsageReport, tuple[Budget, ...]]":
    from loom.cli.usage import read_usage

    return await read_usage(days)


def _glimpse(opening: Opening) -> "Glimpse | None":
    """The end of the thread that is opened; of a new one there is nothing."""
    plan = opening.plan
    if opening.resume is None:
        return None
    from loom.threads.glimpse import glimpse

    return glimpse(plan.store, plan.workspace, opening.resume)


def _last_title(plan: Plan) -> str:
    if "TEXTUAL_DRIVER" not in plan.environment:
        return ""
    # Only a browser's app looks back before its first frame.
    from loom.cli.served import last_title

    return last_title(plan)


def _log_crash(environment: Mapping[str, str], error: BaseException) -> str:
    """Write the error with its trace to the app's log; the log's path."""
    import logging

    from loom.cli.logfile import log_path, logging_to_file
    from loom.redact import Redactor

    with logging_to_file(environment, Redactor()):
        logging.getLogger(__name__).error("the app failed", exc_info=error)
    return str(log_path(environment))
