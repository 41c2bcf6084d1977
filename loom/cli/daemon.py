"""`loom daemon`: the process that keeps sessions alive when the app is left."""

import asyncio
import os
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from loom.host.frames import LiveSession, Status

HELP = """\
Keeps sessions alive when the app is left: when a connection is lost, a window is closed, or the
app dies, the agent works on, and `loom attach` comes back to it. There is one for each user; the
app starts it by itself over SSH, in `loom web`, and with `--daemon`. It holds the provider keys
that are in the environment it was started in, and ends when nobody needs it any more."""

ACTIONS = ("status", "start", "stop", "run")


def add_arguments(parser: ArgumentParser) -> None:
    """The action, and `--json`."""
    parser.add_argument(
        "action",
        nargs="?",
        default="status",
        choices=ACTIONS,
        help="status (default), start in the background, stop, or run in the foreground",
    )
    parser.add_argument("--json", action="store_true", help="with status: as one JSON object")


def run(args: Namespace) -> int:
    """Does it; `status` of no daemon is 1. Raises LoomError."""
    from loom.cli.upkeep import bring_up_to_date
    from loom.host.reach import daemon_socket
    from loom.threads.location import database

    if args.action in ("run", "start"):
        bring_up_to_date(database(os.environ))
    if args.action == "run":
        from loom.cli.daemon_run import run_daemon

        return run_daemon(os.environ)
    act = {"status": _status, "start": _start, "stop": _stop}[args.action]
    return asyncio.run(act(daemon_socket(os.environ), args))


async def _status(path: "Path", args: Namespace) -> int:
    import msgspec

    status = await _running(path)
    if args.json:
        told = msgspec.to_builtins(status) if status else {}
        told.pop("type", None)
        sessions = [msgspec.structs.asdict(each) for each in status.sessions] if status else []
        shown = {"is_running": bool(status), "socket": str(path), **told, "sessions": sessions}
        print(msgspec.json.encode(shown).decode())
    elif status:
        print(f"The daemon runs: Loom {status.version}, process {status.pid}, {path}")
        print("\n".join(map(_line, status.sessions)) or "No thread is live in it.")
    else:
        print("No daemon runs: `loom daemon start` starts one.", file=sys.stderr)
    return 0 if status else 1


def _line(session: "LiveSession") -> str:
    from loom.cli.threads_table import SHORT_ID, STANDINGS

    watched = f", {session.viewers} watching" if session.viewers else ""
    return f"{session.thread_id[:SHORT_ID]}  {STANDINGS[session.standing]}{watched}"


async def _start(path: "Path", args: Namespace) -> int:
    from functools import partial

    from loom.host.reach import reach, server_mark, spawn

    status = await reach(path, partial(spawn, os.environ), server=server_mark(os.environ))
    print(f"The daemon runs: Loom {status.version}, process {status.pid}")
    return 0


async def _stop(path: "Path", args: Namespace) -> int:
    """Ask it to end, and wait until it has."""
    from loom.host.ending import end_daemon, is_gone

    if await is_gone(path):
        print("No daemon runs.", file=sys.stderr)
    elif not await end_daemon(path):
        print("The daemon is still closing its sessions.", file=sys.stderr)
        return 1
    return 0


async def _running(path: "Path") -> "Status | None":
    from loom.core.errors import HostGone
    from loom.host.client import ask
    from loom.host.frames import AskStatus, Status

    try:
        return await ask(path, AskStatus(), Status)
    except HostGone:
        return None
