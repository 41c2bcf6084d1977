"""What a server tells by itself, from real servers and from one that says what a test wants."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec import json

from loom.api.clients.news import Find, Pace, ServerNews
from loom.api.flags import FlagState, KillSwitch
from loom.secrets import Secret
from loom.server.config import server_config
from loom.server.embedded import EmbeddedServer
from loom.server.keys import LISTENERS
from tests.fakes.upstream import Line, RawUpstream, Received, Script, answer
from tests.server.conftest import TOKEN, TeamUp, serve, stack, team, within
from tests.server.flags.listening import kill, restore
from tests.server.threads.conftest import THREAD, Desk

__all__ = ["serve", "stack", "team"]
QUICK = Pace(patience=0.0, first=0.01)
SUPPORT = f"/api/threads/{THREAD}/support-access"


class Reader:
    """Somebody who follows the news, and notes how often there were any."""

    def __init__(self, news: ServerNews) -> None:
        self.news = news
        self.count = 0

    def look(self) -> None:
        self.count += 1

    async def until_off(self, **off: str) -> None:
        await within(10, lambda: self.count and self.news.off == off)


def at(url: str, token: str) -> Find:
    async def find() -> tuple[str, Secret]:
        return url, Secret(token)

    return find


@pytest.fixture
async def read(stack: AsyncExitStack) -> AsyncIterator[object]:
    """`read(find)` gives a Reader whose server is followed until the test is over."""

    def begin(find: Find, pace: Pace = QUICK) -> Reader:
        news = ServerNews(find, pace, jitter=lambda: 1.0)
        stack.push_async_callback(news.close)
        reader = Reader(news)
        stack.enter_context(news.followed(reader.look))
        return reader

    yield begin


async def test_a_provider_is_off_from_its_switch_to_its_restoring(team: TeamUp, read) -> None:
    server = await team()
    reader = read(at(server.url, TOKEN))
    await reader.until_off()
    await kill(server, flags=["a.b"])
    await kill(server, "/api/admin/kill-switches/editor.minimap")
    await reader.until_off(anthropic="their status page is red")
    await restore(server)
    await reader.until_off()


async def test_the_platforms_switch_wins_and_an_organizations_stays(team: TeamUp, read) -> None:
    server = await team()
    await server.sign_up("root@example.com")
    alice = await server.sign_up("alice@example.com")
    reader = read(at(server.url, alice.token))
    own = f"/api/orgs/{alice.org_id}/kill-switches/provider.anthropic"
    await kill(server, own, alice.headers, reason="ours")
    await kill(server)
    await reader.until_off(anthropic="their status page is red")
    await restore(server)
    await reader.until_off(anthropic="ours")


def begun(*switches: KillSwitch) -> bytes:
    """The stream's first event."""
    state = json.encode(FlagState((), switches))
    return b"retry: 3000\nevent: init\ndata: %b\n\n" % state


def told(*pieces: bytes) -> Script:
    """A stream of these pieces, which then ends."""

    async def script(request: Received, line: Line) -> None:
        await line.stream()
        for piece in pieces:
            await line.chunk(piece)
        await line.end()

    return script


async def test_what_changed_while_nobody_listened_is_known_on_coming_back(read) -> None:
    off = KillSwitch("provider.openai", True, "out of money")
    scripts = iter([told(begun()), told(begun(off)), held(begun(off))])

    async def script(request: Received, line: Line) -> None:
        await next(scripts)(request, line)

    async with RawUpstream(script) as upstream:
        reader = read(at(upstream.url, "t"))
        await reader.until_off(openai="out of money")
        await within(10, lambda: upstream.connections == 3)
        assert reader.news.off == {"openai": "out of money"}
        await reader.news.close()


def held(piece: bytes) -> Script:
    async def script(request: Received, line: Line) -> None:
        await line.stream()
        await line.chunk(piece)
        await line.stall()

    return script


async def test_events_of_a_newer_server_are_passed_over(read) -> None:
    off = json.encode(KillSwitch("provider.openai", True, "x"))
    newer = b"event: weather.changed\ndata: rain\n\nevent: killswitch.activated\ndata: %b\n\n" % off
    async with RawUpstream(held(begun() + newer)) as upstream:
        reader = read(at(upstream.url, "t"))
        await reader.until_off(openai="x")
        await reader.news.close()


async def pauses(*scripts: Script) -> list[float]:
    """Seconds that are waited after each of these connections."""
    left = iter(scripts)

    async def script(request: Received, line: Line) -> None:
        await next(left)(request, line)

    async with RawUpstream(script) as upstream:
        news = ServerNews(at(upstream.url, "t"), Pace(silence=5.0), jitter=lambda: 1.0)
        return [await news._connection() for _ in scripts]


async def test_a_server_that_fails_is_asked_less_and_less_often() -> None:
    fails = answer({"error": "internal", "message": "it failed"}, 500)
    assert await pauses(*[fails] * 10) == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert await pauses(fails, fails, told(begun()), fails) == [2, 4, 2, 2]
    assert await pauses(answer(b"<html>"), told(b"event: init\ndata: {\n\n")) == [2, 4]


async def test_a_server_that_refuses_is_asked_when_it_says() -> None:
    full = {"error": "too_many_requests", "message": "too many", "retry_after": 60.0}
    refused = {"error": "unauthorized", "message": "wrong token"}
    assert await pauses(answer(full, 429), answer(refused, 401)) == [62, 300]


async def test_a_switch_counts_in_the_server_inside_the_app(
    team: TeamUp, read, tmp_path: Path
) -> None:
    """Another process of this machine has turned it; there is no login and no address."""
    config = server_config({}, db_path=tmp_path / "server.db")
    with TemporaryDirectory() as folder, ExitStack() as ended:
        inside = EmbeddedServer(config, {"XDG_RUNTIME_DIR": folder})
        inside.start()
        ended.callback(inside.stop)
        reader = read(inside.address)
        await reader.until_off()
        other = await team()
        await kill(other)
        await reader.until_off(anthropic="their status page is red")
        await restore(other)
        await reader.until_off()
        await reader.news.close()


async def test_a_person_learns_what_the_support_asks(team: TeamUp, read) -> None:
    server = await team()
    await server.sign_up("root@example.com")
    alice = await server.sign_up("alice@example.com")
    sue = await server.sign_up("sue@example.com", is_support=True)
    await Desk(server, alice).write("Hello", title="Greetings")
    reader, operator = read(at(server.url, alice.token)), read(at(server.url, TOKEN))
    await reader.until_off()
    await server.call("POST", f"{SUPPORT}/request", sue.headers, json={"reason": "ticket 7"})
    await within(10, lambda: reader.news.questions)
    (question,) = reader.news.questions
    assert (question.title, question.requested_by) == ("Greetings", "sue@example.com")
    assert operator.news.questions == ()
    await server.call("POST", f"{SUPPORT}/approve", alice.headers, json={})
    await within(10, lambda: not reader.news.questions)


async def test_one_stream_is_open_while_somebody_follows_and_none_otherwise(team: TeamUp) -> None:
    server = await team()
    listeners = server.app[LISTENERS]
    news = ServerNews(at(server.url, TOKEN), QUICK)
    first, second = Reader(news), Reader(news)
    with news.followed(first.look):
        with news.followed(second.look):
            await kill(server)
            await within(10, lambda: first.news.off and first.count and second.count)
        assert len(listeners) == 1
    await within(10, lambda: not listeners)
    assert news.off == {}
    with news.followed(first.look):
        await within(10, lambda: news.off)
    await news.close()
