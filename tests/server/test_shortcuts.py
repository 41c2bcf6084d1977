"""The short ways lead where aiohttp's own way leads: what is asked here is asked on both."""

import pytest

from tests.fakes.upstream import answer
from tests.server.conftest import Serve, Upstream, ask

MESSAGES = "/proxy/anthropic/v1/messages"
MESSAGE = {"type": "message", "model": "m", "content": [], "usage": {"output_tokens": 1}}


@pytest.mark.parametrize(
    ("short", "usual"),
    [(MESSAGES, "/proxy/anthropic/v1/mess%61ges"), ("/proxy/anthropic/complete", None)],
)
async def test_both_ways_lead_to_the_same_answer(
    serve: Serve, upstream: Upstream, short: str, usual: str | None
) -> None:
    loom = await serve((await upstream(answer(MESSAGE))).url)
    told = []
    for path in (short, usual or short):
        headers = {"Expect": "100-continue"} if usual is None and told else {}
        async with loom.client.post(loom.url + path, json=ask(), headers=headers) as response:
            told.append((response.status, await response.read(), {*response.headers}))
    assert told[0] == told[1]
    assert told[0][0] == 200


@pytest.mark.parametrize("path", [MESSAGES, "/proxy/anthropic/complete"])
async def test_the_door_stands_on_the_short_way_too(serve: Serve, path: str) -> None:
    loom = await serve("http://127.0.0.1:9")
    for headers, status in (({"Authorization": "Bearer no"}, 401), ({}, 502)):
        async with loom.client.post(loom.url + path, json=ask(), headers=headers) as response:
            assert response.status == status


@pytest.mark.parametrize("path", [MESSAGES, "/proxy/anthropic/complete", "/proxy/nobody/complete"])
async def test_no_other_method_takes_it(serve: Serve, path: str) -> None:
    loom = await serve("http://127.0.0.1:9")
    async with loom.client.get(loom.url + path) as response:
        assert response.status == 405
