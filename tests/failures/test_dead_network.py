"""The network goes away: one clear error, and the session is as usable as before."""

import asyncio
import socket

import pytest

from loom.core.protocol import MessageAdded, Notice, RetryArmed, TextStreamed, TurnFinished
from loom.llm.proxy import ProxyModel
from loom.secrets import Secret
from tests.failures.conftest import embedded
from tests.fakes import claude_wire as claude
from tests.fakes.upstream import Line, RawUpstream, Received


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Patchy:
    """An upstream that cuts `cuts` answers in their middle, and gives the others whole."""

    def __init__(self, cuts: int) -> None:
        self.cuts = cuts

    async def __call__(self, request: Received, line: Line) -> None:
        await line.stream()
        await line.chunk(claude.START + claude.text("Half an "))
        if self.cuts:
            self.cuts -= 1
            return await line.die()
        await line.chunk(claude.text("answer.") + claude.END)
        return await line.end()


async def test_a_refused_connection_is_one_error_with_what_to_check(talk):
    model = ProxyModel.at(f"http://127.0.0.1:{closed_port()}", Secret("x" * 32))
    agent = await talk(model)
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "failed"
    (notice,) = agent.of(Notice)
    assert "Cannot reach the Loom server" in notice.text
    assert "LOOM_SERVER_URL" in notice.hint
    await model.close()


async def test_a_provider_that_refuses_connections_is_one_error(talk, tmp_path):
    async with embedded(tmp_path, f"http://127.0.0.1:{closed_port()}") as server:
        model = ProxyModel(server.address)
        agent = await talk(model)
        await agent.say("hi")
        assert (await agent.until(TurnFinished)).reason == "failed"
        (notice,) = agent.of(Notice)
        assert "cannot reach anthropic" in notice.text
        await model.close()


async def test_a_stream_that_breaks_once_is_asked_again_and_its_half_is_void(talk_to):
    agent = await talk_to(Patchy(cuts=1))
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "done"
    assert len(agent.of(RetryArmed)) == 1
    assert not agent.of(Notice)
    assert [e.message.text for e in agent.of(MessageAdded)] == ["hi", "Half an answer."]


async def test_a_stream_that_always_breaks_is_one_error_and_the_next_turn_works(talk_to):
    patchy = Patchy(cuts=3)
    agent = await talk_to(patchy)
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "failed"
    assert len(agent.of(Notice)) == 1
    await agent.say("again")
    assert (await agent.until(TurnFinished, 2)).reason == "done"
    assert agent.of(MessageAdded)[-1].message.text == "Half an answer."


async def test_a_server_that_stops_in_the_middle_of_an_answer_is_one_error(talk, tmp_path):
    async def stall(request: Received, line: Line) -> None:
        await line.stream()
        await line.chunk(claude.START + claude.text("Half an "))
        await line.stall()

    async with RawUpstream(stall) as upstream, embedded(tmp_path, upstream.url) as server:
        model = ProxyModel(server.address)
        agent = await talk(model)
        await agent.say("hi")
        await agent.until(TextStreamed)
        assert await asyncio.to_thread(server.stop, 10.0)
        assert (await agent.until(TurnFinished)).reason == "failed"
        assert len(agent.of(Notice)) == 1
        await model.close()


@pytest.mark.parametrize("status", [401, 403, 404, 500, 529])
async def test_a_refusal_is_one_error(talk_to, status):
    async def refuse(request: Received, line: Line) -> None:
        await line.whole(b"<html>no</html>", status, "text/html")

    agent = await talk_to(refuse)
    await agent.say("hi")
    assert (await agent.until(TurnFinished)).reason == "failed"
    (notice,) = agent.of(Notice)
    assert notice.text and "<html>" not in notice.text
