"""Two front ends on one session: the second replays, follows, stops it, and outlives the first."""

import re
import signal
import sqlite3
from contextlib import closing

from tests.e2e.conftest import Home
from tests.e2e.person import say
from tests.e2e.providers import variables
from tests.e2e.terminal import Terminal
from tests.fakes.providers import Asked, Call, FakeProvider, Say, Turn

FIRST = "The first half."


def counting(asked: Asked) -> Turn:
    """Starts a command that tells how far it is until it is stopped; later turns just answer."""
    if asked.text == "count":
        count = "for i in $(seq 1 600); do echo at $i; sleep 0.2; done"
        return Turn(Say(FIRST), Call("bash", {"command": count, "timeout_secs": 120}))
    return Turn(Say(f"You said: {asked.text}"))


async def test_second_viewer_replays_follows_and_stops(home: Home, loom):
    async with FakeProvider(counting) as fake:
        keys = variables("anthropic", fake)
        first, second = await counted_and_attached(home, loom, keys)
        seen = number_on(second)
        await second.when(lambda: number_on(second) > seen + 2, "the output going on")
        second.key("esc")
        await second.until("Stopped.", "ready")
        await first.until("Stopped.", "ready")
        await say(second, "from the second")
        for screen in (first, second):
            await screen.until("You said: from the second", "ready")


async def test_second_viewer_goes_on_alone_when_the_first_is_killed(home: Home, loom):
    async with FakeProvider(counting) as fake:
        keys = variables("anthropic", fake)
        first, second = await counted_and_attached(home, loom, keys)
        first.kill(signal.SIGKILL)
        await second.until("process that ran this session is gone", "ready")
        await say(second, "still there?")
        await second.until("You said: still there?", "ready")
        second.key("ctrl+d")
        assert await second.exit() == 0
    assert any("still there?" in str(record.body) for record in fake.requests)


async def test_viewer_that_leaves_does_not_end_the_session(home: Home, loom):
    async with FakeProvider(counting) as fake:
        keys = variables("anthropic", fake)
        first, second = await counted_and_attached(home, loom, keys)
        second.key("ctrl+d")
        assert await second.exit() == 0
        seen = number_on(first)
        await first.when(lambda: number_on(first) > seen + 1, "the output going on")


async def test_unknown_thread_is_refused_before_a_screen_opens(loom):
    screen = await loom("attach", "T-nothing")
    assert await screen.exit() == 1
    assert "T-nothing" in screen.text


async def counted_and_attached(home: Home, loom, keys: dict[str, str]) -> tuple[Terminal, Terminal]:
    """A screen with a running turn, and a second one that already shows what came before."""
    first = await loom("--mode", "auto", **keys)
    await first.until("ready")
    await say(first, "count")
    await first.until("at 1")
    second = await loom("attach", thread_of(home), **keys)
    await second.until(FIRST, "count", "at ", "running tools")
    return first, second


def thread_of(home: Home) -> str:
    """The id of the only thread."""
    with closing(sqlite3.connect(home.database)) as connection:
        (row,) = connection.execute("SELECT id FROM threads").fetchall()
    return str(row[0])


def number_on(screen: Terminal) -> int:
    """The last number the command told."""
    return max((int(number) for number in re.findall(r"at (\d+)", screen.text)), default=0)
