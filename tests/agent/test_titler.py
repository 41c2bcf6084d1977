"""Titles that a small model makes: once, cheaply, and never in place of a person's."""

import asyncio

import pytest

from loom.agent.titler import MOST_TOKENS, cleaned
from loom.core.llm import LlmError, LlmRequest
from loom.core.messages import Thread
from loom.core.protocol import Rename, ThreadChanged, TurnFinished
from loom.threads import titles
from loom.threads.store import ThreadStore
from loom.threads.width import cells
from tests.agent.conftest import Start
from tests.fakes.model import ScriptedModel, says

SMALL = "tiny-1"


def titled(driver: object) -> list[str]:
    return [event.thread.title for event in driver.of(ThreadChanged)]


def asked(model: ScriptedModel) -> list[LlmRequest]:
    """What the small model was asked."""
    return [request for request in model.requests if request.model == SMALL]


async def test_after_the_first_turn_a_small_model_is_asked_once(
    start: Start, store: ThreadStore
) -> None:
    model = ScriptedModel(says("Done."), says('"Mending the parser"\n'), says("Again."))
    driver = await start(model, title_model=SMALL)
    await driver.say("Please look at parser.py\nand mend what is wrong with it")
    await driver.until(ThreadChanged, 2)
    assert titled(driver)[-1] == "Mending the parser"
    await driver.say("And now?")
    await driver.until(TurnFinished, 2)
    (request,) = asked(model)
    assert request.max_tokens == MOST_TOKENS
    assert not request.tools
    stored = await store.thread(driver.runtime.thread_id)
    assert stored is not None
    assert stored.title == "Mending the parser"


async def test_the_question_is_small_however_long_the_turn_was(start: Start) -> None:
    model = ScriptedModel(says("y" * 50_000), says("Long"))
    driver = await start(model, title_model=SMALL)
    await driver.say("x" * 50_000)
    await driver.until(ThreadChanged, 2)
    (request,) = asked(model)
    assert sum(len(message.text) for message in request.messages) < 1_250


async def test_a_title_that_the_person_gave_stays(start: Start, store: ThreadStore) -> None:
    model = ScriptedModel(says("Done."), says("Another"), hold=0)
    driver = await start(model, title_model=SMALL)
    await driver.say("Hello")
    await driver.until(ThreadChanged)
    await driver.runtime.submit(Rename("Mine"))
    await driver.until(ThreadChanged, 2)
    model.release.set()
    await driver.until(TurnFinished)
    await idle(driver)
    assert asked(model) == []
    stored = await store.thread(driver.runtime.thread_id)
    assert stored is not None
    assert stored.title == "Mine"


async def test_a_title_that_was_given_while_the_model_thought_stays(
    start: Start, store: ThreadStore
) -> None:
    begun, renamed = asyncio.Event(), asyncio.Event()

    class Slow(ScriptedModel):
        async def complete(self, provider, request):
            begun.set()
            await renamed.wait()
            return await super().complete(provider, request)

    model = Slow(says("Done."), says("Another"))
    driver = await start(model, title_model=SMALL)
    await driver.say("Hello")
    await begun.wait()
    await driver.runtime.submit(Rename("Mine"))
    await driver.until(ThreadChanged, 2)
    renamed.set()
    await idle(driver)
    assert len(asked(model)) == 1
    stored = await store.thread(driver.runtime.thread_id)
    assert stored is not None
    assert stored.title == "Mine"


@pytest.mark.parametrize("kind", ["transient", "quota", "auth", "invalid_request"])
async def test_a_model_that_fails_is_not_asked_again_and_nothing_is_said(
    start: Start, store: ThreadStore, kind: str
) -> None:
    failing = [LlmError("no", kind)]
    model = ScriptedModel(says("Done."), failing, says("Again."))
    driver = await start(model, title_model=SMALL)
    await driver.say("Hello")
    await driver.until(TurnFinished)
    await idle(driver)
    await driver.say("And now?")
    await driver.until(TurnFinished, 2)
    assert len(asked(model)) == 1
    assert not [event for event in driver.seen if type(event).__name__ == "Notice"]
    stored = await store.thread(driver.runtime.thread_id)
    assert stored is not None
    assert stored.title == "Hello"


async def test_it_is_not_asked_again_after_a_restart(start: Start, store: ThreadStore) -> None:
    first = ScriptedModel(says("Done."), says(""))
    driver = await start(first, title_model=SMALL)
    await driver.say("Hello")
    await driver.until(TurnFinished)
    await idle(driver)
    thread = await store.thread(driver.runtime.thread_id)
    again = ScriptedModel(says("Again."))
    other = await start(again, thread=thread, title_model=SMALL)
    await other.say("And now?")
    await other.until(TurnFinished)
    await idle(other)
    assert (len(asked(first)), asked(again)) == (1, [])


async def test_of_several_processes_one_asks(tmp_path, store: ThreadStore) -> None:
    thread = await store.create(Thread("", title="x"))
    async with ThreadStore.open(store.path) as other:
        claims = await asyncio.gather(
            *(each.writer.run(lambda c: titles.claim(c, thread.id)) for each in (store, other) * 4)
        )
    assert sorted(claims) == [False] * 7 + [True]


@pytest.mark.parametrize("model", ["off", "small"])
async def test_it_is_off_when_set_so_and_where_there_is_no_small_model(
    start: Start, model: str
) -> None:
    scripted = ScriptedModel(says("Done."))
    driver = await start(scripted, title_model=model)
    await driver.say("Hello")
    await driver.until(TurnFinished)
    await idle(driver)
    assert len(scripted.requests) == 1


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ('"Fix the login"', "Fix the login"),
        ("Title: **Fix it**", "Fix it"),
        ("\n\n# Fix it.\nBecause", "Fix it"),
        ("a\x1b[31mb\x00c\u202ed\u200b", "a[31mbcd"),
        ("\u201cFix\t the  login\u201d", "Fix the login"),
        ("", ""),
        ('"" \n \x00', ""),
        ("don't stop", "don't stop"),
    ],
)
def test_an_answer_becomes_one_harmless_line(answer: str, title: str) -> None:
    assert cleaned(answer) == title


def test_a_long_answer_is_cut_to_what_a_list_shows() -> None:
    for letter in ("x", "漢", "👩‍👩‍👧"):
        assert 50 <= cells(cleaned(letter * 500)) <= 60


async def idle(driver: object) -> None:
    """Until nothing runs beside the loop."""
    async with asyncio.timeout(10):
        while driver.runtime.tasks.keys:
            await asyncio.sleep(0.005)
