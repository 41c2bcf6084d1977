from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loom.api.search import SearchResponse, SearchResult
from loom.secrets import Secret
from loom.server.config import SearchSettings
from loom.server.database import opened
from loom.server.search_cache import LIFETIME_MS, SearchCache
from tests.fakes import search as fake
from tests.fakes.upstream import RawUpstream, Script, answer, never
from tests.server.conftest import Loom, Serve, Upstream

GOOGLE = SearchSettings(
    google_cse_api_key=Secret(fake.GOOGLE_KEY), google_cse_search_engine_id=fake.ENGINE_ID
)
SERPER = SearchSettings(serper_api_key=Secret(fake.SERPER_KEY))


@pytest.fixture
async def google(upstream: Upstream) -> RawUpstream:
    return await upstream(fake.google)


async def find(loom: Loom, body: Any, path: str = "search") -> tuple[int, dict[str, Any]]:
    async with loom.client.post(f"{loom.url}/proxy/{path}", json=body) as response:
        return response.status, await response.json()


async def test_google_finds_pages(serve: Serve, google: RawUpstream) -> None:
    loom = await serve(search=replace(GOOGLE, google_cse_url=google.url))
    status, body = await find(loom, {"query": "loom", "max_results": 2}, "cse")
    assert (status, body["query"], len(body["results"])) == (200, "loom", 2)
    assert body["results"][0] == {
        "title": "loom 1",
        "url": "https://example.org/1",
        "snippet": "About loom.",
        "display_link": "example.org",
        "rank": 1,
    }


async def test_serper_finds_pages(serve: Serve, upstream: Upstream) -> None:
    loom = await serve(search=replace(SERPER, serper_url=(await upstream(fake.serper)).url))
    status, body = await find(loom, {"query": "loom"}, "serper")
    assert (status, [page["rank"] for page in body["results"]]) == (200, [1, 2, 3, 4, 5])
    assert body["results"][0]["display_link"] == "example.com"


async def test_search_uses_whichever_is_configured(serve: Serve, upstream: Upstream) -> None:
    loom = await serve(search=replace(SERPER, serper_url=(await upstream(fake.serper)).url))
    assert (await find(loom, {"query": "x"}))[0] == 200
    assert (await find(loom, {"query": "x"}, "cse"))[0] == 503


async def test_the_key_is_not_in_the_url(serve: Serve, google: RawUpstream) -> None:
    loom = await serve(search=replace(GOOGLE, google_cse_url=google.url))
    await find(loom, {"query": "x"})
    assert fake.GOOGLE_KEY not in google.received[0].path


async def test_finding_nothing_is_no_error(serve: Serve, google: RawUpstream) -> None:
    loom = await serve(search=replace(GOOGLE, google_cse_url=google.url))
    assert await find(loom, {"query": "nothing"}) == (200, {"query": "nothing", "results": []})


async def test_the_same_question_is_asked_once_a_day(serve: Serve, google: RawUpstream) -> None:
    loom = await serve(search=replace(GOOGLE, google_cse_url=google.url))
    first = await find(loom, {"query": "Python  Typing"})
    second = await find(loom, {"query": " python typing"})
    assert first[1]["results"] == second[1]["results"]
    assert len(google.received) == 1
    await find(loom, {"query": "python typing", "max_results": 3})
    assert len(google.received) == 2


async def test_a_kept_answer_is_dropped_after_its_day(tmp_path: Path) -> None:
    now = 1_000_000.0
    found = SearchResponse("q", (SearchResult("t", "u", "s", "d", 1),))
    async with opened(tmp_path / "server.db") as database:
        cache = SearchCache(database, lambda: now)
        await cache.keep("serper", 5, found)
        assert cache.find("serper", "q", 5) == found
        now += LIFETIME_MS / 1000
        assert cache.find("serper", "q", 5) is None
        await cache.keep("serper", 5, SearchResponse("other"))
        rows = await database.query("SELECT query FROM search_cache")
    assert rows == [("other",)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": " "},
        {"query": 1},
        {"query": "x", "max_results": 11},
        [],
        {"query": "x" * 3000},
    ],
)
async def test_a_bad_question_is_refused(serve: Serve, body: object) -> None:
    loom = await serve(search=SERPER)
    assert (await find(loom, body))[0] == 400


FAILURES: dict[str, tuple[Script, int]] = {
    "refused": (answer(b"no", 403), 502),
    "down": (answer(b"no", 500), 502),
    "html": (answer(b"<html>", 200), 502),
    "other json": (answer(b'{"organic": 1}', 200), 502),
    "deep json": (answer(b'{"organic": ' + b"[" * 50_000, 200), 502),
    "silent": (never, 504),
}


@pytest.mark.parametrize(("script", "status"), FAILURES.values(), ids=FAILURES.keys())
async def test_an_engine_that_fails_is_told_from_one_that_is_silent(
    serve: Serve, upstream: Upstream, script: Script, status: int
) -> None:
    url = (await upstream(script)).url
    loom = await serve(search=replace(SERPER, serper_url=url, timeout=0.2 if status == 504 else 10))
    told = await find(loom, {"query": "x"})
    assert told[0] == status
    assert told[1]["message"].startswith("serper")


async def test_without_an_engine_the_server_says_what_to_set(serve: Serve) -> None:
    status, body = await find(await serve(), {"query": "x"})
    assert (status, body["error"]) == (503, "not_configured")
    assert "LOOM_SERVER_SERPER_API_KEY" in body["hint"]
