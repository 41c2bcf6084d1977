"""SQL of the search cache: a day's answers, by engine, folded query and number of results."""

import time
from collections.abc import Callable

import msgspec
from aiosqlite import Connection

from loom.api.search import SearchResponse

LIFETIME_MS = 24 * 3600 * 1000


class SearchCache:
    """Finds and keeps answers.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, database: Connection, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def find(self, engine: str, query: str, max_results: int) -> SearchResponse | None:
        """The kept answer, if it is not too old."""
        rows = list(
            await self._database.execute_fetchall(
                "SELECT response FROM search_cache"
                " WHERE engine = ? AND query = ? AND max_results = ? AND created_at > ?",
                (engine, _folded(query), max_results, self._oldest()),
            )
        )
        return msgspec.json.decode(rows[0][0], type=SearchResponse) if rows else None

    async def keep(self, engine: str, max_results: int, response: SearchResponse) -> None:
        """Keeps an answer and drops all that are too old."""
        await self._database.execute(
            "DELETE FROM search_cache WHERE created_at <= ?", (self._oldest(),)
        )
        await self._database.execute(
            "INSERT OR REPLACE INTO search_cache VALUES (?, ?, ?, ?, ?)",
            (
                engine,
                _folded(response.query),
                max_results,
                msgspec.json.encode(response),
                self._now_ms(),
            ),
        )

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _oldest(self) -> int:
        return self._now_ms() - LIFETIME_MS


def _folded(query: str) -> str:
    return " ".join(query.lower().split())
