"""web_search from the model's call to the engine's wire and back, through the real program."""

from tests.e2e.providers import variables
from tests.fakes import search
from tests.fakes.providers import Asked, Call, FakeProvider, Say, Turn
from tests.fakes.upstream import RawUpstream

ENGINE_KEYS = {"LOOM_SERVER_SERPER_API_KEY": search.SERPER_KEY}


def asks_and_tells(asked: Asked) -> Turn:
    if not asked.results:
        return Turn(Call("web_search", {"query": "textual line api", "max_results": 2}))
    return Turn(Say(f"Found: {asked.results[-1]}"))


async def test_a_search_goes_through_the_server_to_the_engine_and_back(run):
    async with RawUpstream(search.serper) as engine, FakeProvider(asks_and_tells) as fake:
        done = await run(
            *("-p", "--allow", "web_search", "search for it"),
            **variables("anthropic", fake) | ENGINE_KEYS,
            LOOM_SERVER_SERPER_URL=engine.url,
        )
    assert done.status == 0, done.err
    assert "1. textual line api 1\n   https://example.com/1" in done.out
    assert engine.received[0].json() == {"q": "textual line api", "num": 2}
    assert search.SERPER_KEY not in done.out + done.err + str([r.body for r in fake.requests])


async def test_without_an_engine_the_model_is_told_what_to_set(run):
    async with FakeProvider(asks_and_tells) as fake:
        done = await run(
            *("-p", "--allow", "web_search", "search for it"), **variables("anthropic", fake)
        )
    assert "LOOM_SERVER_SERPER_API_KEY" in done.out
