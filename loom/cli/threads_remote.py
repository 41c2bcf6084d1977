"""Threads on the team's server: listed, and fetched when they are to be gone on with."""

import os
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.api.accounts import Me
    from loom.api.clients.threads import ThreadsClient
    from loom.api.threads import ThreadInfo
    from loom.cli.plan import Plan
    from loom.config.settings import Settings
    from loom.core.messages import Thread
    from loom.threads.search import Hit


async def server_threads(args: Namespace) -> "tuple[Sequence[Thread], Mapping[str, str]]":
    """What `loom list --server` asks for, and by id whose a thread is or who else reads it.

    Raises LoomError.
    """
    async with _client(_named_settings()) as client:
        me = await client.me()
        page = await client.list({**_query(args), "org": _org_id(me, args.org)})
    notes = {info.id: note for info in page.threads if (note := _note(info, me))}
    return [_thread(info) for info in page.threads], notes


def _note(info: "ThreadInfo", me: "Me") -> str:
    if me.user is not None and info.owner_id != me.user.id:
        return "a colleague's"
    alone = {org.id for org in me.orgs if org.is_personal}
    return "" if info.visibility == "private" or info.org_id in alone else "shared"


async def server_hits(args: Namespace, limit: int) -> "Sequence[Hit]":
    """What `loom search` finds there, best first. Raises LoomError."""
    from loom.threads.search import Hit

    async with _client(_named_settings()) as client:
        query = {**_query(args), "q": " ".join(args.query), "limit": str(min(limit, 100))}
        if args.org:
            query["org"] = _org_id(await client.me(), args.org)
        found = await client.search(query)
    return [Hit(_thread(hit.thread), hit.snippet, hit.marks, hit.score) for hit in found.hits]


def _named_settings() -> "Settings":
    from loom.config import load
    from loom.core.errors import ConfigError

    settings = load(os.environ, Path().resolve()).settings
    if not settings.server_url:
        raise ConfigError(
            "no server is named", "Set server_url (or LOOM_SERVER_URL), then sign in."
        )
    return settings


def fetched(plan: "Plan", prefix: str) -> str:
    """The id of the thread that `prefix` names, fetched when only the server has it.

    `prefix` itself where nothing can be fetched: whoever opens it says what is wrong.
    """
    import asyncio

    from loom.cli.syncing import is_synced
    from loom.cli.upkeep import bring_up_to_date

    if not is_synced(plan.settings):
        return prefix
    bring_up_to_date(plan.store)
    return asyncio.run(_fetched(plan, prefix))


async def _fetched(plan: "Plan", prefix: str) -> str:
    from loom.cli.assemble import open_store
    from loom.cli.syncing import sync_of
    from loom.core.errors import LoomError, ThreadNotFound

    async with open_store(plan) as store:
        try:
            return (await store.find(prefix)).id
        except ThreadNotFound:
            pass
        try:
            async with _client(plan.settings) as client:
                found = await _named(client, prefix)
            return await sync_of(plan.settings, store).pull(found) if found else prefix
        except LoomError as error:
            print(f"loom: {error.message} {error.hint}".rstrip(), file=sys.stderr)
            return prefix


async def _named(client: "ThreadsClient", prefix: str) -> str:
    """The one thread whose id begins so among the newest that we may read, or that we may read."""
    from loom.core.errors import SyncError

    start = prefix if prefix[:2].lower() == "t-" else f"T-{prefix}"
    page = await client.list({"limit": "1000"})
    found = [info.id for info in page.threads if info.id.lower().startswith(start.lower())]
    if len(found) == 1:
        return found[0]
    try:
        return (await client.read(start)).thread.id
    except SyncError:
        return ""


@asynccontextmanager
async def _client(settings: "Settings") -> "AsyncIterator[ThreadsClient]":
    from loom.api.clients.threads import ThreadsClient, reads_only
    from loom.http import parse_address
    from loom.secrets import Secret

    token = settings.token or Secret("")
    async with ThreadsClient(parse_address(settings.server_url), token, reads_only) as client:
        yield client


def _org_id(me: "Me", name: str) -> str:
    """The id of one of the person's organizations by its slug; anything else is an id."""
    return next((org.id for org in me.orgs if org.slug == name), name)


def _query(args: Namespace) -> Mapping[str, str]:
    pinned = {"pinned": "true"} if args.pinned else {}
    return {
        "branch": args.branch,
        "repository": args.repo,
        "file": args.file,
        "tag": args.tag,
        "limit": str(min(args.limit, 1_000)),
        **pinned,
    }


def _thread(info: "ThreadInfo") -> "Thread":
    from loom.api.times import unix_ms
    from loom.core.messages import Thread
    from loom.threads.sync.state import fields_of

    return Thread(
        info.id,
        created_at=unix_ms(info.created_at),
        updated_at=unix_ms(info.updated_at),
        version=info.version,
        message_count=info.message_count,
        parent=info.parent,
        **fields_of(info),
    )
