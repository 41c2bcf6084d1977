"""A stream goes on for as long as its credential holds, and nobody has too many."""

import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from loom.api.flags import Variant
from loom.server.auth.credentials import LOGIN_LIFETIME_MS
from loom.server.flags.listeners import MOST
from loom.server.keys import LISTENERS
from tests.server.conftest import TeamUp, within
from tests.server.flags.listening import OPERATOR, Listening, kill, listening
from tests.server.flags.test_evaluate import flag
from tests.server.flags.test_flags_routes import put
from tests.server.team import Person, Team

T0 = 1_790_000_000_000


@dataclass
class Clock:
    """Unix milliseconds, when the test says so."""

    now: int = T0

    def __call__(self) -> int:
        return self.now


@dataclass
class Scene:
    """A server, its admin, Alice who listens, and Bob who listens too."""

    server: Team
    clock: Clock
    root: Person
    alice: Person
    bob: Person

    async def call(self, method: str, path: str, person: Person, **given: Any) -> Any:
        said = await self.server.call(method, path, person.headers, **given)
        assert said.status < 300, said.body
        return said.json() if said.body else None

    async def elsewhere(self, sql: str, *values: object) -> None:
        """Another process writes, and this one is not told."""
        await self.server.database.write(lambda c: c.execute(sql, values))


@pytest.fixture
async def scene(team: TeamUp) -> Scene:
    clock = Clock()
    server = await team(clock=clock)
    people = [await server.sign_up(f"{name}@example.com") for name in ("root", "alice", "bob")]
    return Scene(server, clock, *people)


async def signed_out(scene: Scene) -> None:
    await scene.call("POST", "/auth/logout", scene.alice)


async def signed_out_elsewhere(scene: Scene) -> None:
    (session,) = (await scene.call("GET", "/api/sessions", scene.alice))["sessions"]
    await scene.call("DELETE", f"/api/sessions/{session['id']}", scene.alice)


async def deleted(scene: Scene) -> None:
    await scene.call("POST", "/api/users/me/delete", scene.alice)


async def deleted_by_an_admin(scene: Scene) -> None:
    await scene.call("DELETE", f"/api/admin/users/{scene.alice.id}", scene.root)


async def in_another_organization(scene: Scene) -> None:
    await scene.server.org("acme", owner=scene.alice)
    await scene.call("PATCH", "/api/users/me", scene.alice, json={"default_org": "acme"})


async def ended_by_another_process(scene: Scene) -> None:
    await scene.elsewhere("DELETE FROM login_sessions WHERE user = ?", scene.alice.id)


async def run_out(scene: Scene) -> None:
    """Bob's was used meanwhile."""
    end = T0 + LOGIN_LIFETIME_MS
    sql = "UPDATE login_sessions SET expires_at = ? WHERE user = ?"
    await scene.elsewhere(sql, end + 1, scene.bob.id)
    scene.clock.now = end


async def after_heartbeats(heard: Listening) -> str:
    """The next event that says something."""
    while (name := (await heard.next())[0]) == "heartbeat":
        pass
    return name


async def ends_alone(scene: Scene, end: Callable[[Scene], Awaitable[None]]) -> None:
    """Alice's stream ends, and Bob's goes on in his browser."""
    browser = await scene.server.cookie(scene.bob)
    async with (
        listening(scene.server, scene.alice.headers) as heard,
        listening(scene.server, browser) as other,
    ):
        assert [(await each.next())[0] for each in (heard, other)] == ["init", "init"]
        await end(scene)
        assert await after_heartbeats(heard) == "end"
        await kill(scene.server)
        assert await after_heartbeats(other) == "killswitch.activated"


@pytest.mark.parametrize(
    "end",
    [signed_out, signed_out_elsewhere, deleted, deleted_by_an_admin, in_another_organization],
    ids=lambda end: end.__name__,
)
async def test_a_stream_ends_as_soon_as_its_login_does(
    scene: Scene, end: Callable[[Scene], Awaitable[None]]
) -> None:
    await ends_alone(scene, end)


@pytest.mark.parametrize("end", [ended_by_another_process, run_out], ids=lambda end: end.__name__)
async def test_what_nobody_tells_is_seen_by_the_next_heartbeat(
    scene: Scene, end: Callable[[Scene], Awaitable[None]]
) -> None:
    listeners = scene.server.app[LISTENERS]
    listeners.heartbeat = 0.05
    listeners.look_again()
    await ends_alone(scene, end)


async def test_an_open_stream_is_no_use_of_a_login(scene: Scene) -> None:
    listeners = scene.server.app[LISTENERS]
    listeners.heartbeat = 0.05
    async with listening(scene.server, scene.alice.headers) as heard:
        await heard.next()
        scene.clock.now += LOGIN_LIFETIME_MS - 1
        listeners.look_again()
        assert (await heard.next())[0] == (await heard.next())[0] == "heartbeat"
        scene.clock.now += 1
        assert await after_heartbeats(heard) == "end"


async def test_a_stream_ends_with_its_key_and_with_its_makers_membership(scene: Scene) -> None:
    server, alice, bob = scene.server, scene.alice, scene.bob
    acme = await server.org("acme", owner=alice, member=bob)
    first = await server.api_key(alice, acme, "llm:use")
    second = await server.api_key(bob, acme, "llm:use")
    async with listening(server, first) as heard, listening(server, second) as other:
        assert [(await each.next())[0] for each in (heard, other)] == ["init", "init"]
        keys = (await scene.call("GET", "/api/orgs/acme/api-keys", alice))["api_keys"]
        (key,) = [each["id"] for each in keys if first["Authorization"].endswith(each["hint"])]
        await scene.call("DELETE", f"/api/orgs/acme/api-keys/{key}", alice)
        assert await after_heartbeats(heard) == "end"
        await scene.call("DELETE", f"/api/orgs/acme/members/{bob.id}", alice)
        assert await after_heartbeats(other) == "end"


async def test_a_stream_ends_with_the_impersonation(scene: Scene) -> None:
    path = f"/api/admin/users/{scene.alice.id}/impersonate"
    made = await scene.call("POST", path, scene.root)
    borrowed = {"Authorization": f"Bearer {made['token']}"}
    async with listening(scene.server, borrowed) as heard:
        await heard.next()
        said = await scene.server.call("DELETE", "/auth/impersonation", borrowed)
        assert said.status == 204
        assert await after_heartbeats(heard) == "end"


async def test_who_reads_nothing_is_cut_off_when_the_login_ends(scene: Scene) -> None:
    """What waits to be written is more than what the buffers between the two take."""
    large = (Variant("off", ""), Variant("on", "x" * 900_000))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        where = urlsplit(scene.server.url)
        client.connect((where.hostname, where.port))
        shown = f"Host: x\r\nAuthorization: Bearer {scene.alice.token}\r\n\r\n"
        client.sendall(f"GET /api/flags/stream HTTP/1.1\r\n{shown}".encode())
        listeners = scene.server.app[LISTENERS]
        await within(10, lambda: listeners)
        for letter in ascii_lowercase:
            assert await put(scene.server, flag(key=f"large.{letter}", variants=large)) == 200
        assert len(listeners) == 1
        await signed_out(scene)
        metrics = scene.server.loom.metrics
        ended = 'route="/api/flags/stream",status="200"'
        await within(10, lambda: ended in metrics.text())
        assert not listeners


@pytest.fixture
async def listen(stack: AsyncExitStack, scene: Scene):
    """Opens a stream and gives its answer's status and headers; it stays open."""
    connector = aiohttp.TCPConnector(limit=0)
    client = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))

    async def begin(headers: dict[str, str]) -> aiohttp.ClientResponse:
        url = f"{scene.server.url}/api/flags/stream"
        return await stack.enter_async_context(client.get(url, headers=headers))

    return begin


async def test_nobody_has_more_than_fifty_streams(scene: Scene, listen) -> None:
    alice, server = scene.alice, scene.server
    acme = await server.org("acme", owner=alice)
    phone = await server.cookie(alice)
    opened = [await listen(alice.headers if number % 2 else phone) for number in range(MOST)]
    assert {answer.status for answer in opened} == {200}
    refused = await listen(alice.headers)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert (await refused.json())["message"] == "you have 50 streams open already"
    key = await server.api_key(alice, acme, "llm:use")
    for others in (scene.bob.headers, key, OPERATOR):
        assert (await listen(others)).status == 200
    opened.pop().close()
    await within(10, lambda: len(server.app[LISTENERS]) == MOST - 1 + 3)
    assert (await listen(alice.headers)).status == 200


async def test_an_admin_in_somebodys_place_takes_none_of_their_streams(
    scene: Scene, listen
) -> None:
    path = f"/api/admin/users/{scene.alice.id}/impersonate"
    made = await scene.call("POST", path, scene.root)
    borrowed = {"Authorization": f"Bearer {made['token']}"}
    for _ in range(MOST):
        assert (await listen(borrowed)).status == 200
    assert (await listen(borrowed)).status == (await listen(scene.root.headers)).status == 429
    assert (await listen(scene.alice.headers)).status == 200
