"""`loom -p`: the answer on standard output, everything else on standard error, an honest status."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path

import pytest

from loom.core.codec import decode_event
from loom.core.history import unfinished_turn, visible
from loom.core.messages import unanswered
from loom.core.protocol import MessageAdded, TextStreamed, TurnFinished
from loom.threads.store import ThreadStore
from tests.e2e.conftest import LOOM, Home
from tests.e2e.providers import variables
from tests.fakes.providers import Asked, Call, FakeProvider, Refusal, Say, Turn
from tests.fakes.providers.script import Trouble

ANSWER = "Forty-two.\nThat is all."


def echo(asked: Asked) -> Turn:
    return Turn(Say(f"You said: {asked.text}"))


async def test_answer_alone_is_on_standard_output(run):
    async with FakeProvider([Turn(Say(ANSWER))]) as fake:
        done = await run("-p", "what is it?", **variables("anthropic", fake))
    assert (done.status, done.out) == (0, ANSWER + "\n")
    assert "loom: thread T-" in done.err


async def test_prompt_comes_from_standard_input(run):
    async with FakeProvider(echo) as fake:
        done = await run("-p", stdin=b"piped words\n", **variables("anthropic", fake))
    assert (done.status, done.out) == (0, "You said: piped words\n")


async def test_words_come_before_what_is_piped_in(run):
    async with FakeProvider(echo) as fake:
        done = await run("-p", "review this", stdin=b"a diff", **variables("chat", fake))
    assert done.out == "You said: review this\n\na diff\n"


async def test_key_that_is_refused_fails_and_says_so(run):
    refusal = Refusal(401, "authentication_error", "invalid x-api-key")
    async with FakeProvider([refusal]) as fake:
        done = await run("-p", "hello", **variables("anthropic", fake))
    assert (done.status, done.out) == (1, "")
    assert "key" in done.err and "Traceback" not in done.err
    assert len(fake.requests) == 1


async def test_missing_key_fails_and_says_what_to_do(run):
    done = await run("-p", "hello", "--provider", "anthropic")
    assert (done.status, done.out) == (1, "")
    assert "ANTHROPIC_API_KEY" in done.err and "Traceback" not in done.err


@pytest.mark.parametrize("words", [("-p", "--mode", "bold"), ("--json", "hi"), ("-p", "--what")])
async def test_wrong_usage_is_2(words: tuple[str, ...], run):
    done = await run(*words)
    assert done.status == 2
    assert "usage: loom" in done.err


async def test_no_prompt_at_all_fails(run):
    done = await run("-p")
    assert done.status == 1
    assert "there is no prompt" in done.err


async def test_events_as_json_lines(run):
    async with FakeProvider([Turn(Say(ANSWER))]) as fake:
        done = await run("-p", "what?", "--json", **variables("responses", fake))
    events = [decode_event(line) for line in done.out.splitlines()]
    assert done.status == 0
    assert isinstance(events[-1], TurnFinished)
    assert "".join(e.text for e in events if isinstance(e, TextStreamed)) == ANSWER
    assert [e.message.text for e in events if isinstance(e, MessageAdded)] == ["what?", ANSWER]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_interrupt_is_130_and_leaves_a_valid_thread(home: Home, number: signal.Signals):
    script = [
        Turn(Say("I look."), Call("bash", {"command": "echo begun > begun; sleep 61.5"})),
    ]
    async with FakeProvider(script) as fake:
        process = await started(home, "-p", "go", "--mode", "auto", **variables("anthropic", fake))
        await file_appears(home.workspace / "begun")
        process.send_signal(number)
        async with asyncio.timeout(10):
            _, err = await process.communicate()
    assert process.returncode == 130
    assert not running("61.5")
    assert b"Traceback" not in err
    async with ThreadStore.open(home.database) as store:
        (thread,) = await store.list()
        entries = await store.entries(thread.id)
    messages = visible(entries)
    assert not unanswered(messages)
    assert not unfinished_turn(entries)
    assert messages[0].text == "go"


def running(argument: str) -> list[str]:
    """The processes of this machine that were started with `argument`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            line = path.read_bytes()
            found += [line.decode()] if argument.encode() in line.split(b"\0") else []
    return found


async def test_interrupt_while_the_model_is_silent_closes_the_request(home: Home):
    async with FakeProvider([Turn(Say("a"), trouble=Trouble.SILENCE)]) as fake:
        process = await started(home, "-p", "go", **variables("anthropic", fake))
        async with asyncio.timeout(10):
            await fake.arrived.wait()
            process.send_signal(signal.SIGINT)
            await fake.requests[0].is_gone.wait()
            assert await process.wait() == 130


async def test_reader_that_leaves_gets_no_traceback(home: Home):
    reading, writing = os.pipe()
    async with FakeProvider([Turn(Say("word " * 5000), delay=0.001)]) as fake:
        keys = variables("anthropic", fake)
        process = await started(home, "-p", "go", "--json", stdout=writing, **keys)
        os.close(writing)
        first = await asyncio.to_thread(os.read, reading, 17)
        os.close(reading)
        async with asyncio.timeout(15):
            _, err = await process.communicate()
    assert first == b'{"type":"session_'
    assert process.returncode == 141
    assert b"Traceback" not in err and b"Exception ignored" not in err


async def started(
    home: Home, *words: str, stdout: int = PIPE, **variables: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *LOOM,
        *words,
        env={**home.environment, **variables},
        cwd=home.workspace,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        stderr=PIPE,
    )


async def file_appears(path: Path) -> None:
    """Waits for another process to have written `path`."""
    async with asyncio.timeout(15):
        while not path.exists():
            await asyncio.sleep(0.01)
