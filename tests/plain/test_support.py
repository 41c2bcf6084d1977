"""Answering the support line by line, at a real server."""

from loom.api.client import ServerClient
from loom.api.clients.shares import SharesClient
from loom.http import parse_address
from loom.plain.support import HOW, support
from loom.screens.support_words import NO_SERVER, NOBODY
from loom.secrets import Secret
from tests.server.conftest import serve, stack, team
from tests.server.threads.conftest import THREAD, Desk

__all__ = ["serve", "stack", "team"]


async def test_what_the_support_asks_is_told_by_number_and_answered(team) -> None:
    server = await team()
    await server.sign_up("root@example.com")
    alice = await server.sign_up("alice@example.com")
    sue = await server.sign_up("sue@example.com", is_support=True)
    await Desk(server, alice).write("Hello", title="Greetings", visibility="private")
    path = f"/api/threads/{THREAD}"

    async def say(argument: str) -> str:
        said: list[str] = []
        client = ServerClient(parse_address(server.url), Secret(alice.token))
        await support(SharesClient(client), argument, said.append)
        return "\n".join(said)

    async def ask() -> None:
        body = {"reason": "ticket 7"}
        await server.call("POST", f"{path}/support-access/request", sue.headers, json=body)

    async def is_read() -> bool:
        return (await server.call("GET", path, sue.headers)).status == 200

    assert await say("") == NOBODY
    await ask()
    told = await say("")
    assert told.startswith("1: sue@example.com asks")
    assert ("31 days" in told, "ticket 7" in told, HOW in told) == (True, True, True)
    for wrong in ("yes", "yes 2", "maybe 1", "yes 0"):
        assert HOW in await say(wrong)
    assert (await say("no 1"), await is_read()) == (
        "The support does not read “Greetings”.",
        False,
    )
    await ask()
    assert "“Greetings” until" in await say("yes 1")
    assert (await is_read(), await say("")) == (True, NOBODY)


async def test_without_a_server_of_others_nobody_asks() -> None:
    said: list[str] = []
    await support(None, "", said.append)
    assert said == [NO_SERVER]
