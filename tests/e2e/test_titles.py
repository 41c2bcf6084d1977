"""A thread's title by a small model, through the real app, server and wire."""

import sqlite3
from contextlib import closing

from msgspec import json

from tests.e2e.conftest import Home
from tests.e2e.person import say
from tests.e2e.providers import variables
from tests.fakes.providers import Asked, FakeProvider, Say, Turn

SMALL = "claude-haiku-5-5"


def titling(asked: Asked) -> Turn:
    is_title = "<request>" in asked.text
    return Turn(Say("Counting the threads" if is_title else "There are three."))


async def test_the_header_shows_the_title_that_a_small_model_made(home: Home, loom) -> None:
    async with FakeProvider(titling) as fake:
        keys = variables("anthropic", fake) | {"LOOM_TITLE__MODEL": "small"}
        screen = await loom(**keys)
        await say(screen, "How many threads are there in this program?")
        await screen.until("Counting the threads")
        await say(screen, "And now?")
        await screen.until("ready")
        screen.key("ctrl+d")
        assert await screen.exit() == 0
    asked = [body for record in fake.requests if "<request>" in str(body := record.body)]
    assert len(asked) == 1
    body = asked[0] if isinstance(asked[0], dict) else json.decode(asked[0])
    assert (body["model"], body["max_tokens"]) == (SMALL, 20)
    with closing(sqlite3.connect(home.database)) as connection:
        (title,) = connection.execute("SELECT title FROM threads").fetchone()
    assert title == "Counting the threads"
