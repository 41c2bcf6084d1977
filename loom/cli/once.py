"""`loom -p PROMPT`: one turn without a screen.

The answer goes to standard output, what happens meanwhile to standard error; with `--json` every
Event is a line of JSON on standard output. Nobody can be asked: what would ask is refused, with
the flag that would allow it. Control characters of the model are shown, never sent to the terminal.
"""

import asyncio
import os
import signal
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from loom.cli.main import FAILED, INTERRUPTED
from loom.cli.options import overrides, workspace_of
from loom.config.load import load
from loom.core import codec
from loom.core.errors import ConfigError
from loom.core.messages import Text
from loom.core.protocol import (
    AnyEvent,
    Close,
    MessageAdded,
    Notice,
    PermissionDecided,
    RetryArmed,
    SendMessage,
    SessionClosed,
    SessionStarted,
    ToolStarted,
    TurnFinished,
)
from loom.markup.clean import one_line, visible

if TYPE_CHECKING:
    from loom.cli.plan import Plan


def run(args: Namespace) -> int:
    """Ask, print, exit: 0 answered, 1 failed. Raises LoomError."""
    from loom.cli.plan import Plan
    from loom.cli.upkeep import bring_up_to_date

    workspace = workspace_of(args)
    prompt = prompt_from(args.prompt)
    config = load(os.environ, workspace, overrides(args))
    for warning in config.warnings:
        print(f"loom: {warning}", file=sys.stderr)
    plan = Plan(
        workspace, config.settings, os.environ, has_person=False, allowed=tuple(args.allow or ())
    )
    bring_up_to_date(plan.store)
    return asyncio.run(answer(plan, prompt, is_json=args.json))


def prompt_from(words: str) -> str:
    """The prompt: the words, then whatever is piped in. Raises ConfigError when both are empty."""
    piped = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    prompt = "\n\n".join(part for part in (words.strip(), piped.strip()) if part)
    if not prompt:
        raise ConfigError("there is no prompt", 'Write it: loom -p "…", or pipe it in.')
    return prompt


async def answer(plan: "Plan", prompt: str, *, is_json: bool) -> int:
    """One turn on a new thread; the exit status."""
    from loom.cli.assemble import open_host
    from loom.cli.syncing import send_last

    _end_as_by_ctrl_c()
    printer = JsonPrinter() if is_json else TextPrinter()
    async with open_host(plan) as host:
        session = await host.start(plan.workspace)
        await session.submit(SendMessage((Text(prompt),)))
        reason = "failed"
        async for event in session.events(after=0):
            printer.show(event)
            if isinstance(event, TurnFinished):
                reason = event.reason
                break
        await session.submit(Close())
        printer.end()
        if said := await send_last(plan, host.services.store, session.thread_id):
            _tell(said)
    return {"done": 0, "cancelled": INTERRUPTED}.get(reason, FAILED)


def _end_as_by_ctrl_c() -> None:
    """SIGTERM and SIGHUP stop the turn like SIGINT: no process is left, and the thread is valid."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(number, signal.raise_signal, signal.SIGINT)


class JsonPrinter:
    """Every Event as one line of JSON."""

    def show(self, event: AnyEvent) -> None:
        """Print it at once."""
        sys.stdout.write(codec.encode(event).decode() + "\n")
        sys.stdout.flush()

    def end(self) -> None:
        """Nothing is held back."""


class TextPrinter:
    """The last answer on standard output; progress on standard error."""

    def __init__(self) -> None:
        self._answer = ""

    def show(self, event: AnyEvent) -> None:
        """Keep the answer, tell the progress."""
        match event:
            case MessageAdded() if event.message.role == "assistant":
                self._answer = event.message.text or self._answer
            case ToolStarted():
                _tell(event.summary)
            case PermissionDecided() if not event.allow:
                _tell(f"refused: {event.reason}")
            case RetryArmed():
                _tell(f"retry {event.attempt} of {event.attempts}: {event.reason}")
            case Notice():
                _tell(f"{event.text} ({event.hint})" if event.hint else event.text)
            case SessionClosed() if event.reason:
                _tell(event.reason)
            case SessionStarted():
                _tell(f"thread {event.thread.id}")

    def end(self) -> None:
        """Print the answer."""
        if self._answer:
            print(visible(self._answer), flush=True)


def _tell(text: str) -> None:
    print(f"loom: {one_line(text)}", file=sys.stderr, flush=True)
