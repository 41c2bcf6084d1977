"""A provider is turned off by one process, and the apps that use it say so."""

import pytest

from tests.e2e.conftest import Home
from tests.e2e.providers import variables
from tests.e2e.test_remote_server import TOKEN, daemon
from tests.fakes.providers import FakeProvider

SWITCH = "provider.anthropic"
WHERE = {
    # The database of this person's server is all that it shares with the one inside the app.
    "inside": lambda home, url: {"LOOM_SERVER_DB_PATH": str(home.root / "server.db")},
    "named": lambda home, url: {"LOOM_SERVER_URL": url, "LOOM_TOKEN": TOKEN},
    "daemon": lambda home, url: {
        "LOOM_SERVER_URL": url,
        "LOOM_TOKEN": TOKEN,
        "LOOM_SESSION__DAEMON": "always",
    },
}


@pytest.mark.parametrize("where", WHERE)
async def test_a_switch_is_told_in_the_app_wherever_its_server_is(home: Home, loom, run, where):
    async with (
        FakeProvider([]) as fake,
        daemon(home, LOOM_SERVER_TOKEN=TOKEN, **variables("anthropic", fake)) as url,
    ):
        named = {"LOOM_SERVER_URL": url, "LOOM_TOKEN": TOKEN}
        screen = await loom(**variables("anthropic", fake), **WHERE[where](home, url))
        await screen.until("ready")
        await run("flags", "kill", SWITCH, "--reason", "on fire", **named)
        await screen.until("anthropic is turned off: on fire")
        await run("flags", "restore", SWITCH, **named)
        await screen.until("anthropic is on again.")
        screen.key("ctrl+d")
        assert await screen.exit() == 0
        await run("daemon", "stop")
