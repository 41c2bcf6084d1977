"""What a team's server tells, seen and answered in the app, at a real server."""

import pytest

from loom.api.client import ServerClient
from loom.api.clients.news import Pace, ServerNews
from loom.api.clients.shares import SharesClient
from loom.http import parse_address
from loom.screens.support_words import NO_SERVER, NOBODY
from loom.secrets import Secret
from loom.server.keys import LISTENERS
from loom.widgets.confirm_modal import ConfirmModal
from tests.fakes.model import ScriptedModel, says
from tests.screens.test_chat import at_rest, chat_of, leave, live, shown, until
from tests.screens.test_pictures import HOME, seed_demo, settled
from tests.server.conftest import serve, stack, team
from tests.server.flags.listening import kill, restore
from tests.server.threads.conftest import THREAD, Desk

__all__ = ["serve", "stack", "team"]
SWITCH = "/api/admin/kill-switches/provider.scripted"
SUPPORT = f"/api/threads/{THREAD}/support-access"
T0 = 1_790_000_000_000


class Office:
    """A team's server, Alice with a thread on it, Sue of the support, and Alice's app."""

    def __init__(self, server, alice, sue, make_app):
        self.server = server
        self.alice = alice
        self.sue = sue
        self._make_app = make_app

    def client(self):
        address = parse_address(self.server.url)
        return SharesClient(ServerClient(address, Secret(self.alice.token)))

    def app(self, model=None, **start):
        async def find():
            return self.server.url, Secret(self.alice.token)

        news = ServerNews(find, Pace(patience=0.0, first=0.05))
        return self._make_app(model, news=news, shares=self.client, workspace=HOME, **start)

    async def listening(self, pilot):
        await until(pilot, lambda: self.server.app[LISTENERS])

    async def ask(self, reason="ticket 7: the agent stops after each tool"):
        path = f"{SUPPORT}/request"
        said = await self.server.call("POST", path, self.sue.headers, json={"reason": reason})
        assert said.status == 202

    async def reads(self):
        """Whether the support may read the thread."""
        answer = await self.server.call("GET", f"/api/threads/{THREAD}", self.sue.headers)
        return answer.status == 200


@pytest.fixture
async def office(team, make_app):
    server = await team(clock=lambda: T0)
    await server.sign_up("root@example.com")
    alice = await server.sign_up("alice@example.com")
    sue = await server.sign_up("sue@example.com", is_support=True)
    await Desk(server, alice).write("Hello", title="Greetings in the parser", visibility="private")
    return Office(server, alice, sue, make_app)


async def test_a_provider_that_is_turned_off_and_on_is_told_in_the_conversation(office):
    app = office.app(ScriptedModel(says("Hi.")))
    async with app.run_test() as pilot:
        await live(pilot)
        await office.listening(pilot)
        await kill(office.server, "/api/admin/kill-switches/provider.other")
        await kill(office.server, SWITCH)
        await until(pilot, lambda: "scripted is turned off: their status" in shown(app))
        await restore(office.server, SWITCH)
        await until(pilot, lambda: "scripted is on again." in shown(app))
        assert "other is turned off" not in shown(app)
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: "Hi." in shown(app))
        await at_rest(pilot)
        await leave(pilot)
    assert not office.server.app[LISTENERS]


async def test_a_server_that_is_away_changes_nothing(make_app):
    async def find():
        return "http://127.0.0.1:9", Secret("t")

    app = make_app(ScriptedModel(says("Hi.")), news=ServerNews(find, Pace(0.0, first=0.01)))
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: "Hi." in shown(app))
        assert "server" not in shown(app)
        await leave(pilot)


async def asked(pilot, office):
    """The support has asked, it was told, and the person wants to answer."""
    await office.listening(pilot)
    await office.ask()
    await until(pilot, lambda: "asks to read" in shown(pilot.app))
    await pilot.press(*"/support", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmModal))
    await pilot.pause(0.5)


@pytest.mark.parametrize(("key", "reads"), [("y", True), ("n", False), ("escape", None)])
async def test_the_support_is_let_in_refused_or_made_to_wait(office, key, reads):
    app = office.app()
    async with app.run_test() as pilot:
        await live(pilot)
        await asked(pilot, office)
        await pilot.press(key)
        said = {True: "until 2026-", False: "The support does not read", None: "asks to read"}
        await until(pilot, lambda: said[reads] in shown(app) and not app.screen_stack[1:])
        assert await office.reads() is (reads is True)
        waiting = (await office.client().questions()) if reads is None else ()
        assert [question.thread for question in waiting] == [THREAD] * (reads is None)
        await leave(pilot)


async def test_who_is_asked_nothing_is_told_so(office, make_app):
    for app, words in ((office.app(), NOBODY), (make_app(), NO_SERVER)):
        async with app.run_test() as pilot:
            await live(pilot)
            await pilot.press(*"/support", "enter")
            await until(pilot, lambda: words in shown(app))  # noqa: B023
            await leave(pilot)


async def test_an_answer_that_does_not_arrive_is_told(make_app):
    def nowhere():
        return SharesClient(ServerClient(parse_address("http://127.0.0.1:9"), Secret("t")))

    app = make_app(shares=nowhere)
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press(*"/support", "enter")
        await until(pilot, lambda: "annot reach the Loom server" in shown(app))
        await leave(pilot)


async def test_picture_of_what_the_server_tells(office, snap):
    app = office.app(seed=seed_demo, resume="T-0190")

    async def tell(pilot):
        await settled(pilot)
        await office.listening(pilot)
        await kill(office.server, "/api/admin/kill-switches/provider.demo")
        await until(pilot, lambda: "turned off" in shown(app))
        await office.ask()
        await until(pilot, lambda: "asks to read" in shown(app))
        await until(pilot, lambda: chat_of(app).transcript.is_drawn)

    await snap(app, "chat-told", prepare=tell)


async def test_picture_of_the_support_asking(office, snap):
    app = office.app(seed=seed_demo, resume="T-0190")

    async def ask(pilot):
        await settled(pilot)
        await asked(pilot, office)

    await snap(app, "chat-support", prepare=ask)
