"""Machines of one person, each with a store of its own, and the team's server between them."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from loom.core.history import Entry, MessageEntry
from loom.core.messages import Thread
from loom.secrets import Secret
from loom.server.keys import THREADS
from loom.threads.store import ThreadStore, now_ms
from loom.threads.sync.cycle import Round, Sync
from tests.server.team import Person, Team
from tests.threads.samples import said


class Machine:
    """A store, and the sync that keeps it in step. `url` may be changed: the network is gone.

    `rounds` counts how often the server was looked for; `later` is by how many milliseconds its
    clock is ahead.
    """

    def __init__(self, store: ThreadStore, url: str, token: str) -> None:
        self.store = store
        self.url = url
        self.token = token
        self.rounds = 0
        self.later = 0
        self.sync = Sync(store, self._find, lambda: now_ms() + self.later)

    async def _find(self) -> tuple[str, Secret]:
        self.rounds += 1
        return self.url, Secret(self.token)

    async def round(self) -> Round:
        done = await self.sync.run()
        assert done is not None
        return done

    async def make(self, thread_id: str, *texts: str, **fields: object) -> Thread:
        thread = Thread(thread_id, **fields)  # type: ignore[arg-type]
        return await self.store.create(thread, [said(text) for text in texts])

    async def say(self, thread_id: str, *texts: str) -> None:
        await self.store.append(thread_id, *(said(text) for text in texts))

    async def texts(self, thread_id: str) -> list[str]:
        return texts_of(await self.store.entries(thread_id))

    async def all(self) -> dict[str, tuple[str, list[str], tuple[str, ...], bool]]:
        """What the person sees: title, texts, tags and pin of each thread."""
        threads = await self.store.list(limit=1000)
        return {
            each.id: (each.title, await self.texts(each.id), each.tags, each.is_pinned)
            for each in threads
        }


def texts_of(entries: Sequence[Entry]) -> list[str]:
    return [each.message.text for each in entries if isinstance(each, MessageEntry)]


class World:
    """A person's machines and the server."""

    def __init__(self, team: Team, person: Person, folder: Path, stack: AsyncExitStack) -> None:
        self.team = team
        self.person = person
        self._folder = folder
        self._stack = stack

    async def machine(self, name: str) -> Machine:
        store = ThreadStore.open(self._folder / name / "loom.db")
        await self._stack.enter_async_context(store)
        return Machine(store, self.team.url, self.person.token)

    @property
    def server(self) -> ThreadStore:
        """What the server keeps."""
        return self.team.app[THREADS]
