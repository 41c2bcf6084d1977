"""A machine that says something and tells the server, again and again, until it is killed.

python -m tests.threads.sync.child DATABASE URL TOKEN FIRST
"""

import asyncio
import itertools
import sys
from contextlib import suppress
from pathlib import Path

from loom.core.errors import SyncError
from loom.core.messages import Thread
from loom.threads.store import ThreadStore
from loom.threads.sync.cycle import Sync
from tests.threads.samples import said
from tests.threads.sync.machines import Machine


async def work(path: str, url: str, token: str, first: int) -> None:
    async with ThreadStore.open(Path(path)) as store:
        machine = Machine(store, url, token)
        assert isinstance(machine.sync, Sync)
        for number in itertools.count(first):
            name = f"T-{number % 3}"
            if await store.thread(name) is None:
                await store.create(Thread(name))
            await store.append(name, said(f"text {number}"))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            with suppress(SyncError):
                await machine.sync.run()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4], int(sys.argv[4])))
