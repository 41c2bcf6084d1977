"""`loom -p` and a team's server: the answer's thread is there when the program ends."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from loom.core.llm import Completed, LlmEvent, LlmRequest, LlmResponse, TextDelta
from loom.core.messages import Message, Text
from loom.core.messages import Usage as Tokens
from loom.server.llm.base import LocalProvider
from tests.cli.test_sync import Here
from tests.fakes.flaky import FlakyWay
from tests.server.conftest import TOKEN, TeamUp, serve, settings, stack, team, upstream
from tests.threads.sync.machines import World, texts_of

__all__ = ["serve", "stack", "team", "upstream"]

LIMIT = 64 * 1024


class Speaker(LocalProvider):
    """A provider that says the same each time."""

    settings = settings("demo", "")

    def __init__(self, words: str) -> None:
        self.words = words

    async def answer(self, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        message = Message("assistant", (Text(self.words),), provider="demo", model="demo-1")
        yield TextDelta(self.words)
        yield Completed(LlmResponse(message, (), Tokens(1, 1), "end_turn"))


@pytest.fixture
def speaker() -> Speaker:
    return Speaker("Forty-two.")


@pytest.fixture
async def here(
    team: TeamUp, speaker: Speaker, clean_environment: dict[str, str], tmp_path: Path
) -> AsyncIterator[Here]:
    async with AsyncExitStack() as machines:
        loom = await team(providers={"demo": speaker}, body_limit=LIMIT)
        await loom.sign_up("root@example.com")
        person = await loom.sign_up("alice@example.com")
        yield Here(
            World(loom, person, tmp_path / "machines", machines), clean_environment, tmp_path
        )


async def waiting(here: Here) -> list[str]:
    waits: list[str] = json.loads((await here.loom("sync", "--status", "--json"))[1])["waiting"]
    return waits


async def asked(here: Here, **variables: str) -> tuple[int, str, str]:
    """The status, the answer, and what was said besides the thread's id."""
    status, out, errors = await here.loom("-p", "What?", "--provider", "demo", **variables)
    return status, out, re.sub(r"loom: thread T-\S+\n", "", errors)


async def test_an_answer_is_on_the_server_when_the_program_ends(here: Here) -> None:
    assert await asked(here) == (0, "Forty-two.\n", "")
    (thread,) = await here.world.server.list()
    assert texts_of(await here.world.server.entries(thread.id)) == ["What?", "Forty-two."]
    assert await waiting(here) == []


async def test_a_server_that_gives_no_answer_to_sync_is_not_waited_for(here: Here) -> None:
    def is_writing() -> bool:
        return b"PUT /api/threads" in way.sent

    async with FlakyWay(here.world.team.url, holds=is_writing) as way:
        async with asyncio.timeout(20):
            assert await asked(here, LOOM_SERVER_URL=way.url) == (0, "Forty-two.\n", "")
        assert is_writing()
    (thread,) = await waiting(here)
    assert (await here.loom("sync"))[0] == 0
    assert texts_of(await here.world.server.entries(thread)) == ["What?", "Forty-two."]


async def test_a_thread_that_the_server_does_not_take_is_told(here: Here, speaker: Speaker) -> None:
    speaker.words = "word " * (LIMIT // 4)
    status, _, errors = await asked(here)
    assert status == 0
    assert errors.startswith("loom: the thread is on this machine only: ")


async def test_a_token_of_nobody_is_no_reason_to_complain(here: Here) -> None:
    assert await asked(here, LOOM_TOKEN=TOKEN) == (0, "Forty-two.\n", "")
    assert not await here.world.server.list()
