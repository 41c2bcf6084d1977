"""`loom login` in a terminal: the code, and a QR that a phone can read."""

from tests.e2e.conftest import Home
from tests.e2e.test_remote_server import TOKEN, daemon


async def test_the_code_is_shown_as_a_qr_too(home: Home, loom):
    async with daemon(home, LOOM_SERVER_TOKEN=TOKEN) as url:
        screen = await loom("login", "--server-url", url, "--no-browser", size=(80, 60))
        await screen.until("approve the code", "Ctrl+C cancels")
        assert screen.shows("█") or screen.shows("▀")
        screen.key("ctrl+c")
        assert await screen.exit() == 130
