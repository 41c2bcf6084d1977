"""`POST /proxy/search` and its two named engines, `/proxy/cse` and `/proxy/serper`."""

from aiohttp import web

from loom.api.search import MAX_RESULTS, SearchRequest, SearchResponse
from loom.core import codec
from loom.core.errors import CodecError
from loom.server.areas import Area
from loom.server.bodies import body_of
from loom.server.errors import Refused
from loom.server.keys import CONFIG, DATABASE, UPSTREAM
from loom.server.routing import Access, Route
from loom.server.search import ENGINES, Engine, search
from loom.server.search_cache import SearchCache

MAX_QUERY = 2048


async def any_engine(request: web.Request) -> web.Response:
    """Searches with the first engine that is configured."""
    for name in ENGINES:
        engine = ENGINES[name](request.app[CONFIG].search)
        if engine.is_configured:
            return await _answer(request, engine)
    raise _not_configured("web search")


async def google(request: web.Request) -> web.Response:
    """Searches with Google."""
    return await _answer(request, ENGINES["google_cse"](request.app[CONFIG].search))


async def serper(request: web.Request) -> web.Response:
    """Searches with Serper."""
    return await _answer(request, ENGINES["serper"](request.app[CONFIG].search))


async def _answer(request: web.Request, engine: Engine) -> web.Response:
    asked = _parsed(await body_of(request))
    if not engine.is_configured:
        raise _not_configured(engine.name)
    response: SearchResponse = await search(
        request.app[UPSTREAM],
        SearchCache(request.app[DATABASE]),
        engine,
        asked.query.strip(),
        asked.max_results,
        request.app[CONFIG].search.timeout,
    )
    return web.Response(body=codec.encode(response), content_type="application/json")


def _parsed(body: bytes) -> SearchRequest:
    try:
        asked: SearchRequest = codec.decode(body, SearchRequest)
    except CodecError as error:
        raise Refused(400, "invalid_request", f"not a search request: {error.message}") from error
    if not asked.query.strip() or len(asked.query) > MAX_QUERY:
        raise Refused(400, "invalid_request", f"query must have 1 to {MAX_QUERY} characters")
    if not 1 <= asked.max_results <= MAX_RESULTS:
        raise Refused(400, "invalid_request", f"max_results must be from 1 to {MAX_RESULTS}")
    return asked


def _not_configured(name: str) -> Refused:
    hint = (
        "Set LOOM_SERVER_SERPER_API_KEY, or LOOM_SERVER_GOOGLE_CSE_API_KEY and "
        "LOOM_SERVER_GOOGLE_CSE_SEARCH_ENGINE_ID, on the server."
    )
    return Refused(503, "not_configured", f"{name} is not configured on the Loom server", hint)


ROUTES = tuple(
    Route(
        "POST",
        path,
        handler,
        Access.SIGNED_IN,
        scope="tools:use",
        takes=SearchRequest,
        gives=SearchResponse,
    )
    for path, handler in (
        ("/proxy/search", any_engine),
        ("/proxy/cse", google),
        ("/proxy/serper", serper),
    )
)

AREA = Area(lambda app: ROUTES)
