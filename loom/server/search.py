"""Web search with the server's keys: Google Programmable Search and Serper."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aiohttp import ClientError, ClientSession
from msgspec import Struct

from loom.api.search import SearchResponse, SearchResult
from loom.core import codec
from loom.core.errors import CodecError
from loom.http import environment_proxy
from loom.server.config import SearchSettings
from loom.server.errors import Refused
from loom.server.search_cache import SearchCache

log = logging.getLogger("loom.server")


class Engine(Protocol):
    """One search engine's wire."""

    name: str

    @property
    def is_configured(self) -> bool:
        """Whether its credentials are there."""
        ...

    def request(self, query: str, max_results: int) -> dict[str, Any]:
        """Arguments for `ClientSession.request`."""
        ...

    def results(self, body: bytes) -> tuple[SearchResult, ...]:
        """The pages in a 200 answer. Raises CodecError."""
        ...


class _GooglePage(Struct, rename="camel"):
    title: str = ""
    link: str = ""
    snippet: str = ""
    display_link: str = ""


class _GoogleAnswer(Struct):
    items: list[_GooglePage] = []


class GoogleSearch:
    """Google Programmable Search, JSON API v1.

    The key goes in a header, not in the URL, where logs and errors would show it.

    Source: https://developers.google.com/custom-search/v1/reference/rest/v1/cse/list
    """

    name = "google_cse"

    def __init__(self, settings: SearchSettings) -> None:
        self._settings = settings

    @property
    def is_configured(self) -> bool:
        """Whether both the key and the search engine's id are there."""
        settings = self._settings
        return bool(settings.google_cse_api_key and settings.google_cse_search_engine_id)

    def request(self, query: str, max_results: int) -> dict[str, Any]:
        """A GET with `cx`, `q` and `num`."""
        key = self._settings.google_cse_api_key
        return {
            "method": "GET",
            "url": self._settings.google_cse_url,
            "params": {
                "cx": self._settings.google_cse_search_engine_id,
                "q": query,
                "num": str(max_results),
            },
            "headers": {"X-Goog-Api-Key": key.expose() if key else ""},
        }

    def results(self, body: bytes) -> tuple[SearchResult, ...]:
        """`items`, which Google leaves out when nothing was found."""
        answer: _GoogleAnswer = codec.decode(body, _GoogleAnswer)
        return tuple(
            SearchResult(page.title, page.link, page.snippet, page.display_link, rank)
            for rank, page in enumerate(answer.items, 1)
        )


class _SerperPage(Struct):
    title: str = ""
    link: str = ""
    snippet: str = ""


class _SerperAnswer(Struct):
    organic: list[_SerperPage] = []


class SerperSearch:
    """Serper, Google results by POST. Source: https://serper.dev/playground"""

    name = "serper"

    def __init__(self, settings: SearchSettings) -> None:
        self._settings = settings

    @property
    def is_configured(self) -> bool:
        """Whether the key is there."""
        return bool(self._settings.serper_api_key)

    def request(self, query: str, max_results: int) -> dict[str, Any]:
        """A POST of `q` and `num`."""
        key = self._settings.serper_api_key
        return {
            "method": "POST",
            "url": self._settings.serper_url,
            "json": {"q": query, "num": max_results},
            "headers": {"X-API-KEY": key.expose() if key else ""},
        }

    def results(self, body: bytes) -> tuple[SearchResult, ...]:
        """`organic`; advertisements and boxes are left out."""
        answer: _SerperAnswer = codec.decode(body, _SerperAnswer)
        return tuple(
            SearchResult(page.title, page.link, page.snippet, _host(page.link), rank)
            for rank, page in enumerate(answer.organic, 1)
        )


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


ENGINES: Mapping[str, Callable[[SearchSettings], Engine]] = {
    "google_cse": GoogleSearch,
    "serper": SerperSearch,
}


async def search(
    session: ClientSession,
    cache: SearchCache,
    engine: Engine,
    query: str,
    max_results: int,
    timeout: float,
) -> SearchResponse:
    """The pages for `query`, from the cache or the engine.

    Raises:
        Refused: 502 when the engine fails or answers with something else, 504 when it is silent.
    """
    if kept := cache.find(engine.name, query, max_results):
        return SearchResponse(query, kept.results)
    try:
        async with asyncio.timeout(timeout):
            results = engine.results(await _asked(session, engine, query, max_results))
    except TimeoutError as error:
        text = f"{engine.name} sent nothing for {timeout:g} seconds"
        raise Refused(504, "timeout", text) from error
    except (ClientError, OSError) as error:
        log.warning("%s: %s", engine.name, error)
        text = f"cannot reach {engine.name} ({type(error).__name__})"
        raise Refused(502, "upstream", text) from error
    except CodecError as error:
        text = f"{engine.name} answered with something unreadable"
        raise Refused(502, "upstream", text) from error
    response = SearchResponse(query, results[:max_results])
    await cache.keep(engine.name, max_results, response)
    return response


async def _asked(session: ClientSession, engine: Engine, query: str, max_results: int) -> bytes:
    arguments = engine.request(query, max_results)
    proxy = environment_proxy(arguments["url"])
    async with session.request(**arguments, allow_redirects=False, proxy=proxy) as answer:
        if answer.status != 200:
            log.warning("%s answered with HTTP %d", engine.name, answer.status)
            text = f"{engine.name} answered with HTTP {answer.status}"
            raise Refused(502, "upstream", text, "The server's key or quota may be at fault.")
        return await answer.read()
