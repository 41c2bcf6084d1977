"""Where the app's sessions live: in its own process, or in the user's daemon."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.assemble import open_host, open_store
from loom.cli.logfile import logging_to_file
from loom.cli.plan import Plan
from loom.core.errors import SessionError

if TYPE_CHECKING:
    from loom.host.base import SessionHost
    from loom.host.far import FarHost
    from loom.host.frames import Terms

_REMOTE_LOGIN = ("SSH_CONNECTION", "SSH_TTY")


def is_daemon_wanted(plan: Plan) -> bool:
    """What the settings say; `auto` is yes over SSH, where a connection may be lost."""
    wanted = plan.settings.session.daemon
    if plan.database is not None or wanted == "never":
        return False
    return wanted == "always" or any(plan.environment.get(name) for name in _REMOTE_LOGIN)


@asynccontextmanager
async def open_sessions(plan: Plan) -> "AsyncIterator[SessionHost]":
    """The host of the app's sessions; our own, which says so, where the daemon cannot be had.

    Raises LoomError.
    """
    async with AsyncExitStack() as stack:
        trouble = None
        if is_daemon_wanted(plan):
            try:
                yield await stack.enter_async_context(_far_host(plan))
                return
            except _NoDaemon as error:
                trouble = SessionError(
                    f"Sessions end with this window, for there is no daemon: {error.message}",
                    error.hint,
                )
        host = await stack.enter_async_context(open_host(plan))
        host.trouble = trouble
        yield host


class _NoDaemon(SessionError):
    """It could not be reached or started."""


@asynccontextmanager
async def _far_host(plan: Plan) -> "AsyncIterator[FarHost]":
    """Reach the daemon, started if need be. Raises _NoDaemon, StoreError."""
    await asyncio.to_thread(_import_parts)
    from loom.host.far import FarHost
    from loom.host.reach import daemon_socket, reach, server_mark, spawn
    from loom.process import make_undumpable
    from loom.redact import Redactor

    # Keys are in this process's environment too, though only the daemon's server uses them.
    make_undumpable()
    path = daemon_socket(plan.environment)
    try:
        await reach(path, partial(spawn, plan.environment), server=server_mark(plan.environment))
    except SessionError as error:
        raise _NoDaemon(error.message, error.hint) from error
    with logging_to_file(plan.environment, Redactor()):
        async with (
            open_store(plan) as store,
            FarHost(path, terms_of(plan), store, partial(open_host, plan), _teller(plan)) as host,
        ):
            yield host


def _teller(plan: Plan) -> Callable[[str], None]:
    """Tells `loom web` which thread this tab shows."""
    from loom.web.tabs import TAB_FILE

    file = plan.environment.get(TAB_FILE)

    def tell(thread_id: str) -> None:
        if file:
            Path(file).write_text(thread_id)

    return tell


def _import_parts() -> None:
    import loom.host.far
    import loom.host.reach  # noqa: F401  # imported for the cost alone


def terms_of(plan: Plan) -> "Terms":
    """The plan as the daemon is told it."""
    import msgspec

    from loom.host.frames import Terms
    from loom.secrets import clean_environment

    settings = msgspec.structs.replace(plan.settings, token=None)
    token = plan.settings.token
    return Terms(
        str(plan.workspace),
        msgspec.to_builtins(settings),
        clean_environment(plan.environment),
        plan.allowed,
        token.expose() if token and plan.settings.server_url else "",
    )
