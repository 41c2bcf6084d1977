"""The daemon itself: one for each user, until it is told to stop or nobody needs it."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from loom.cli.assemble import open_services
from loom.cli.outfit import outfitter
from loom.cli.plan import Plan
from loom.cli.services import agent_settings
from loom.cli.syncing import in_step
from loom.config.load import load
from loom.core.errors import HostGone, SessionError
from loom.host.client import FOREIGN, ask
from loom.host.daemon import Daemon
from loom.host.door import prepare_directory
from loom.host.frames import AskStatus, Status
from loom.host.reach import daemon_socket, server_mark
from loom.host.sessions import Host
from loom.threads.lease import Holder, Lease, take

PREDECESSOR = 10.0
"""Seconds that a daemon which is ending gets to end."""

log = logging.getLogger("loom.daemon")


def run_daemon(environment: Mapping[str, str]) -> int:
    """Serve until SIGTERM, SIGINT, `loom daemon stop`, or nobody needs it. Raises LoomError."""
    path = daemon_socket(environment)
    prepare_directory(path.parent, FOREIGN)
    lease = asyncio.run(_lease(path))
    if lease is None:
        print("A daemon runs already.", file=sys.stderr)
        return 0
    with lease:
        asyncio.run(_serve(path, environment))
    return 0


async def _lease(path: Path) -> Lease | None:
    """The right to be the daemon; None when another is. One that is ending is waited for."""
    holder = Holder(os.getpid(), time.time_ns() // 1_000_000, str(path))
    deadline = time.monotonic() + PREDECESSOR
    while time.monotonic() < deadline:
        lease = take(path.with_suffix(".lock"), holder)
        if lease.is_ours:
            return lease
        if await _serves(path):
            return None
        await asyncio.sleep(0.05)
    raise SessionError(f"process {lease.holder.pid} holds {path.parent} and does not answer")


async def _serves(path: Path) -> bool:
    try:
        return not (await ask(path, AskStatus(), Status, PREDECESSOR)).is_ending
    except HostGone:
        return False


async def _serve(path: Path, environment: Mapping[str, str]) -> None:
    # The socket's folder is nobody's project, so that no repository's settings hold here.
    settings = load(environment, path.parent).settings
    # Whoever wants another server than the one brought along says so in its terms.
    plan = Plan(path.parent, replace(settings, server_url=""), environment)
    async with open_services(plan) as services, outfitter(services) as equip:
        # The folder it was started in may be removed or unmounted.
        os.chdir("/")
        daemon = Daemon(equip, settings.session.daemon_idle, server_mark(environment))
        async with Host(services, agent_settings(plan), path, daemon.answer) as host:
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, daemon.stop)
            log.info("the daemon listens at %s", path)
            own = Plan(path.parent, settings, environment)
            async with in_step(own, services.store, host.tell):
                await daemon.until_unneeded(host)
            log.info("the daemon ends")
