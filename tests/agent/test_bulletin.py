"""What the server tells, said in a session."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import pytest
from msgspec import structs

from loom.agent.runtime import Runtime
from loom.agent.services import AgentSettings
from loom.api.support import SupportQuestion
from loom.core.messages import Thread
from loom.core.protocol import Close, ModelChanged, Notice, SessionStarted, SetModel
from tests.agent.conftest import Driver, make_services, running
from tests.fakes.model import ScriptedModel, says

ASKED = SupportQuestion("T-1", "Greet\nings", "sue@example.com", "2026-11-28T12:00:00Z", "ticket 7")


class ToldNews:
    """A server that tells what a test says."""

    def __init__(self) -> None:
        self.off: Mapping[str, str] = {}
        self.questions: tuple[SupportQuestion, ...] = ()
        self.looks: list[Callable[[], None]] = []

    @contextmanager
    def followed(self, look: Callable[[], None]) -> Iterator[None]:
        self.looks.append(look)
        yield
        self.looks.remove(look)

    def tell(self, *questions: SupportQuestion, **off: str) -> None:
        self.off, self.questions = off, questions
        for look in self.looks:
            look()


@pytest.fixture
def news() -> ToldNews:
    return ToldNews()


@pytest.fixture
async def begin(tmp_path, workspace, store, news):
    """`async with begin()` is a live session whose server tells `news`."""

    @asynccontextmanager
    async def begin(**fields):
        services = make_services(tmp_path, store, ScriptedModel(says("Hi.")), [])
        thread = await store.create(Thread("", workspace=str(workspace)))
        settings = AgentSettings(provider="scripted")
        async with running(thread, replace(services, news=news), settings, []) as driver:
            await driver.until(SessionStarted)
            yield driver
            await driver.runtime.submit(Close())
            await driver.closed()
        assert not news.looks

    return begin


def said(driver: Driver) -> list[str]:
    return [f"{notice.level}: {notice.text}" for notice in driver.of(Notice)]


async def test_the_provider_in_use_is_told_of_and_no_other(begin, news):
    async with begin() as driver:
        news.tell(other="flooded")
        news.tell(other="flooded", scripted="on\nfire")
        news.tell(scripted="on\nfire")
        news.tell()
    assert said(driver) == [
        "warning: scripted is turned off: on fire",
        "info: scripted is on again.",
    ]


async def test_a_session_that_begins_learns_what_stands(begin, news):
    news.tell(ASKED, scripted="on fire")
    async with begin() as driver:
        await driver.until(Notice, 2)
    assert [type(event) for event in driver.seen[:3]] == [SessionStarted, Notice, Notice]


async def test_who_chooses_a_model_that_is_off_is_told(begin, news):
    async with begin() as driver:
        news.tell(other="flooded")
        await driver.runtime.submit(SetModel("other"))
        await driver.until(Notice)
        await driver.runtime.submit(SetModel("scripted"))
        await driver.until(ModelChanged, 2)
        news.tell()
    assert said(driver) == ["warning: other is turned off: flooded"]


async def test_what_the_support_asks_is_told_once(begin, news):
    async with begin() as driver:
        news.tell(ASKED)
        news.tell()
        news.tell(ASKED)
        news.tell(ASKED, structs.replace(ASKED, requested_at="2026-11-29T12:00:00Z", title=""))
    asks = "info: The server's support (sue@example.com) asks to read"
    assert said(driver) == [f"{asks} “Greet ings”: ticket 7", f"{asks} T-1: ticket 7"]


async def test_a_sub_agent_is_told_nothing(tmp_path, workspace, store, news):
    services = replace(make_services(tmp_path, store, ScriptedModel(), []), news=news)
    thread = await store.create(Thread("", workspace=str(workspace)))
    settings = AgentSettings(provider="scripted")
    runtime = Runtime(thread, services, settings, spawn=None, role="subagent")
    async with asyncio.TaskGroup() as group:
        group.create_task(runtime.run())
        async for _ in runtime.events(after=0):
            assert not news.looks
            await runtime.submit(Close())
