"""`POST /proxy/search`, `/proxy/cse` and `/proxy/serper`: web search through the server's keys."""

from msgspec import Struct

MAX_RESULTS = 10


class SearchRequest(Struct, frozen=True):
    """`max_results` from 1 to 10."""

    query: str
    max_results: int = 5


class SearchResult(Struct, frozen=True):
    """One page found; `rank` counts from 1, `display_link` is its host."""

    title: str
    url: str
    snippet: str
    display_link: str
    rank: int


class SearchResponse(Struct, frozen=True):
    """The pages found, best first; none is no error."""

    query: str
    results: tuple[SearchResult, ...] = ()
