"""`loom sync`: threads in step with the team's server, now; or what waits, and why."""

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.threads_table import ago

if TYPE_CHECKING:
    from sqlite3 import Connection

    from loom.config.settings import Settings
    from loom.threads.store import ThreadStore
    from loom.threads.sync.cycle import Round, Sync
    from loom.threads.sync.status import Status

HELP = """\
Keeps your threads the same on all your machines, through your team's server. The app does it by
itself while it is open; this does it at once, or says what waits and why.

  loom sync             send and fetch what is new
  loom sync --status    what waits, the last error, what to do
  loom sync --adopt     the server has a new address, or you have a new account

Private threads (loom private, /private) never leave this machine. In the settings:

  [sync]
  enabled = true
  visibility = "private"         what is new there is yours alone until you share it; or
                                 "organization": everybody in yours reads it at once
"""

WAIT = 30.0
"""Seconds that a round of another process is waited for."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declares `--now`, `--status`, `--adopt` and `--json`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--now", action="store_true", help="send and fetch what is new (default)")
    which.add_argument("--status", action="store_true", help="only say how things stand")
    which.add_argument(
        "--adopt",
        action="store_true",
        help="first take over threads that belong to another server or account",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(args: Namespace) -> int:
    """Prints what was done, or what waits; 1 when something was refused. Raises LoomError."""
    # The store brings asyncio, msgspec and sqlite3, which `--help` does not need.
    import asyncio

    settings = _settings()
    return asyncio.run(_status(settings, args) if args.status else _now(settings, args))


def _settings() -> "Settings":
    from loom.cli.syncing import is_synced
    from loom.config import load
    from loom.core.errors import ConfigError

    settings = load(os.environ, Path().resolve()).settings
    if is_synced(settings):
        return settings
    if not settings.sync.enabled:
        raise ConfigError("sync is switched off", "Set sync.enabled = true, or LOOM_SYNC__ENABLED.")
    if not settings.server_url:
        hint = "Set server_url (or LOOM_SERVER_URL), then loom login."
        raise ConfigError("threads stay on this machine: no server is named", hint)
    raise ConfigError(f"you are not signed in to {settings.server_url}", "loom login")


async def _now(settings: "Settings", args: Namespace) -> int:
    from loom.cli.syncing import sync_of
    from loom.cli.threads import open_store
    from loom.threads.sync import refusals

    async with open_store(os.environ) as store:
        await store.writer.run(refusals.try_again)
        sync = sync_of(settings, store)
        if args.adopt:
            print(f"{await sync.adopt()} taken over.", file=sys.stderr)
        done = await one_round(sync)
        if args.json:
            _print_json(done)
        else:
            print(_done(done))
            await say_notices(store)
            for each in store.read(lambda c: _told(c, settings)).refused:
                print(f"{each.id}: {each.message} {each.hint}".rstrip(), file=sys.stderr)
    return 1 if done.refused else 0


async def one_round(sync: "Sync") -> "Round":
    """A round, after those of other processes. Raises LoomError."""
    import asyncio

    from loom.core.errors import SyncError

    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if (done := await sync.run()) is not None:
            return done
        await asyncio.sleep(0.1)
    raise SyncError("another Loom has been at it for half a minute", "loom sync --status")


async def _status(settings: "Settings", args: Namespace) -> int:
    from loom.cli.threads import open_store

    async with open_store(os.environ) as store:
        found = store.read(lambda c: _told(c, settings))
    if args.json:
        _print_json(found)
    else:
        print("\n".join(_lines(found)))
    return 0


def _told(connection: "Connection", settings: "Settings") -> "Status":
    from loom.http import parse_address
    from loom.threads.sync.status import status

    return status(connection, str(parse_address(settings.server_url)))


async def say_notices(store: "ThreadStore") -> None:
    """Tells what sync did that the person has to know; each once."""
    from loom.threads.sync import state
    from loom.threads.sync.status import told

    notices = store.read(state.notices)
    for notice in notices:
        print("loom: " + " ".join(told(notice)), file=sys.stderr)
    if notices:
        await store.writer.run(lambda c: state.seen(c, notices[-1].id))


def _done(done: "Round") -> str:
    parts = (
        (done.sent, "sent"),
        (done.taken, "fetched"),
        (done.withdrawn, "withdrawn"),
        (done.waiting, "in use, later"),
        (done.refused, "refused"),
    )
    words = [f"{len(ids)} {word}" for ids, word in parts if ids]
    return ", ".join(words) if words else "All is in step."


def _lines(found: "Status") -> list[str]:
    now_ms = time.time_ns() // 1_000_000
    last = ago(found.synced_at, now_ms) if found.synced_at else "never"
    lines = [f"server         {found.server_url}", f"last in step   {last}"]
    waiting = ", ".join(found.waiting[:5]) + (", …" if len(found.waiting) > 5 else "")
    lines.append(f"to send        {len(found.waiting)} {waiting}".rstrip())
    lines.append(f"to fetch       {len(found.behind)}")
    lines.append(f"private        {found.private} stay here")
    if found.anothers:
        lines.append(
            f"of others      {found.anothers} belong to another account: loom sync --adopt"
        )
    lines += [f"refused        {each.id}: {each.message} {each.hint}" for each in found.refused]
    if found.error:
        lines.append(f"last error     {found.error} {found.hint}".rstrip())
    return lines


def _print_json(value: "Round | Status") -> None:
    import msgspec

    print(msgspec.json.encode(value).decode())
