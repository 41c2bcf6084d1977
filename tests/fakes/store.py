"""A real store that refuses to write when a test says so."""

from collections.abc import Callable

from loom.core.errors import StoreFull
from loom.core.history import Entry
from loom.threads.store import ThreadStore


class RefusingStore(ThreadStore):
    """Refuses the entries for which `refuses` holds, as a full disk would."""

    refuses: Callable[[tuple[Entry, ...]], bool] = staticmethod(lambda entries: False)

    async def append(self, thread_id: str, *entries: Entry) -> tuple[int, ...]:
        if self.refuses(entries):
            raise StoreFull("no room left", "Free some space.")
        return await super().append(thread_id, *entries)
