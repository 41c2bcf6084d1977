"""Who deleted their account signs in again and is asked whether they want it back."""

from loom.server.login.login_states import LIFETIME_MS
from loom.server.sections.login import LoginSettings
from tests.fakes.mailbox import link_in, mailbox, text_of
from tests.server.conftest import TeamUp
from tests.server.team import Team
from tests.server.test_door import Clock
from tests.server.visitor import Page, Visitor, visiting

DEV = LoginSettings(is_dev_mode=True)
BUTTON = "Sign in as dev@localhost"
RESTORE = "Restore my account"


async def sign_in(browser: Visitor) -> Page:
    page = await browser.open("/login")
    return await browser.press(page.form(BUTTON))


async def deleted(loom: Team, browser: Visitor) -> None:
    """An account that its person deleted, in their own browser."""
    await loom.sign_up("root@example.com")
    await sign_in(browser)
    headers = {"Origin": loom.url, "Sec-Fetch-Site": "same-origin"}
    url = f"{loom.url}/api/users/me/delete"
    async with browser.session.post(url, headers=headers) as answer:
        assert answer.status == 200


async def test_they_get_it_back_when_they_say_so(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        await deleted(loom, browser)
        page = await sign_in(browser)
        assert page.path.startswith("/auth/restore")
        assert (await browser.open("/account")).path.startswith("/login")
        page = await browser.press(page.form(RESTORE))
        assert (page.status, page.path) == (200, "/account")
        assert "dev@localhost" in page.text


async def test_the_question_is_answered_once_in_their_browser_and_soon(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(login=DEV, clock=clock)
    async with visiting(loom.url) as browser, visiting(loom.url) as other:
        await deleted(loom, browser)
        asked = await sign_in(browser)
        stolen = (await other.open(asked.path)).form(RESTORE)
        assert (await other.press(stolen)).status == 403
        clock.now += LIFETIME_MS
        assert (await browser.press(asked.form(RESTORE))).status == 403
        asked = await sign_in(browser)
        assert (await browser.press(asked.form(RESTORE))).status == 200
        assert (await browser.press(asked.form(RESTORE))).status == 403


async def test_what_an_admin_deleted_only_an_admin_restores(team: TeamUp) -> None:
    loom = await team(login=DEV)
    root = await loom.sign_up("root@example.com")
    async with visiting(loom.url) as browser:
        await sign_in(browser)
        (found,) = (await loom.call("GET", "/api/admin/users?q=dev@", root.headers)).json()["users"]
        path = f"/api/admin/users/{found['id']}"
        assert (await loom.call("DELETE", path, root.headers)).status == 200
        page = await sign_in(browser)
        assert (page.status, "This account was deleted." in page.text) == (403, True)
        await loom.call("POST", f"{path}/restore", root.headers)
        assert (await sign_in(browser)).path == "/account"


async def test_a_link_is_mailed_to_who_may_return_and_to_nobody_else(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings, login=LoginSettings("closed"))
        root = await loom.sign_up("root@example.com")
        for name in ("alice", "bob"):
            person = await loom.sign_up(f"{name}@example.com")
            path = "/api/users/me/delete" if name == "alice" else f"/api/admin/users/{person.id}"
            method, by = ("POST", person) if name == "alice" else ("DELETE", root)
            assert (await loom.call(method, path, by.headers)).status == 200
        async with visiting(loom.url) as browser:
            for name in ("bob", "alice"):
                page = await browser.open("/login")
                await browser.press(page.form("E-mail me a link"), email=f"{name}@example.com")
            letter = await box.next()
            assert letter["To"] == "alice@example.com"
            page = await browser.open(link_in(text_of(letter)))
            page = await browser.press(page.form("Sign in"))
            page = await browser.press(page.form(RESTORE))
            assert (page.path, "alice@example.com" in page.text) == ("/account", True)
