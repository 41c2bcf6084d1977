"""SQL of the search cache: a day's answers, by engine, folded query and number of results."""

import sqlite3
import time
from collections.abc import Callable

import msgspec

from loom.api.search import SearchResponse
from loom.server.database import Database

LIFETIME_MS = 24 * 3600 * 1000

_FIND = """
SELECT response FROM search_cache
WHERE engine = ? AND query = ? AND max_results = ? AND created_at > ?
"""


class SearchCache:
    """Finds and keeps answers.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def find(self, engine: str, query: str, max_results: int) -> SearchResponse | None:
        """The kept answer, if it is not too old."""
        asked = (engine, _folded(query), max_results, self._oldest())
        found = self._database.read(lambda connection: connection.execute(_FIND, asked).fetchone())
        return msgspec.json.decode(found[0], type=SearchResponse) if found else None

    async def keep(self, engine: str, max_results: int, response: SearchResponse) -> None:
        """Keeps an answer and drops all that are too old."""
        oldest, body = self._oldest(), msgspec.json.encode(response)
        row = (engine, _folded(response.query), max_results, body, self._now_ms())

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM search_cache WHERE created_at <= ?", (oldest,))
            connection.execute("INSERT OR REPLACE INTO search_cache VALUES (?, ?, ?, ?, ?)", row)

        await self._database.write(work)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _oldest(self) -> int:
        return self._now_ms() - LIFETIME_MS


def _folded(query: str) -> str:
    return " ".join(query.lower().split())
