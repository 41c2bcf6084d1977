import asyncio

import pytest

from loom.core.llm import Completed, LlmError, LlmEvent, LlmResponse, TextDelta
from loom.core.messages import Message, Text
from tests.fakes.local_provider import PlayedProvider
from tests.server.conftest import Serve, ask

DONE = Completed(LlmResponse(Message("assistant", (Text("Hi"),), model="played-1")))
HI: tuple[LlmEvent, ...] = (TextDelta("Hi"), DONE)


async def test_a_local_provider_streams_and_completes(serve: Serve) -> None:
    loom = await serve(providers={"played": PlayedProvider(HI)})
    reply = await loom.stream("played")
    assert (reply.text, [event["type"] for event in reply.events]) == (
        "Hi",
        ["text_delta", "completed"],
    )
    async with loom.client.post(f"{loom.url}/proxy/played/complete", json=ask()) as response:
        assert (await response.json())["message"]["content"][0]["text"] == "Hi"


BROKEN = {
    "raises": PlayedProvider([TextDelta("H")], KeyError("a bug")),
    "just ends": PlayedProvider([TextDelta("H")]),
    "fails": PlayedProvider([TextDelta("H"), LlmError("no"), DONE]),
}


@pytest.mark.parametrize("provider", BROKEN.values(), ids=BROKEN.keys())
async def test_a_local_provider_that_breaks_ends_in_one_error_event(
    serve: Serve, provider: PlayedProvider
) -> None:
    loom = await serve(providers={"played": provider})
    reply = await loom.stream("played")
    assert [event["type"] for event in reply.events] == ["text_delta", "error"]
    assert "a bug" not in reply.body.decode()


async def test_a_client_that_leaves_stops_a_local_provider(serve: Serve) -> None:
    provider = PlayedProvider([TextDelta("H")], stalls=True)
    loom = await serve(providers={"played": provider})
    async with loom.client.post(f"{loom.url}/proxy/played/stream", json=ask()) as response:
        await response.content.readuntil(b"text_delta")
    await asyncio.wait_for(provider.is_left.wait(), 2)
