import pytest
from yarl import URL

from loom.server.auth.credentials import COOKIE
from loom.server.pages.frame import POLICY, style_path
from loom.server.sections.login import LoginSettings
from tests.server.conftest import TeamUp
from tests.server.login.test_device import polled, started
from tests.server.team import Team
from tests.server.visitor import HTML, Visitor, visiting

DEV = LoginSettings(is_dev_mode=True)
BUTTON = "Sign in as dev@localhost"


async def signed_in(browser: Visitor, path: str = "/login") -> None:
    page = await browser.open(path)
    page = await browser.press(page.form(BUTTON))
    assert page.status == 200, page.text


async def signed_in_device(loom: Team, browser: Visitor) -> None:
    start = await started(loom)
    shown = await browser.open(f"/device?user_code={start['user_code']}")
    await browser.press(shown.form("ApproveDeny"), decision="approve")
    assert (await polled(loom, start["device_code"])).status == 200


async def test_signing_in_leads_back_to_where_one_was_going(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        page = await browser.open("/account?tab=1")
        assert (page.status, page.path) == (200, "/login?next=/account?tab%3D1")
        page = await browser.press(page.form(BUTTON))
        assert (page.status, page.path) == (200, "/account?tab=1")
        assert "dev@localhost" in page.text


async def test_the_servers_address_leads_to_the_account_and_that_to_the_terminal(
    team: TeamUp,
) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        await signed_in(browser, "/")
        page = await browser.open("/")
        assert (page.status, page.path) == (200, "/account")
        command = f"loom login --server-url {loom.url}"
        assert command in page.text
        await signed_in_device(loom, browser)
        assert command not in (await browser.open("/account")).text


async def test_pages_run_nothing_and_are_kept_by_no_cache(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        await signed_in(browser)
        for path in ("/account", "/nowhere"):
            page = await browser.open(path)
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["Content-Security-Policy"] == POLICY
            assert page.headers["Referrer-Policy"] == "same-origin"
            assert "<script" not in page.html and "style=" not in page.html
        style = await browser.open(style_path())
        assert (style.status, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")


async def test_the_cookie_is_for_our_server_alone_and_lasts_sixty_days(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        await signed_in(browser)
        page = await browser.open("/account")
    words = page.headers["Set-Cookie"].split("; ")
    assert words[0].startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Max-Age=5184000", "Path=/", "SameSite=Lax"} <= set(words)
    assert "Secure" not in words


async def test_where_the_server_is_reached_over_tls_cookies_travel_over_tls_alone(
    team: TeamUp,
) -> None:
    loom = await team(login=DEV, public_url="https://loom.example")
    said = await loom.call("GET", "/login", {"Accept": HTML})
    words = said.headers["Set-Cookie"].split("; ")
    assert words[0].startswith("__Host-loom_form=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} == set(words[1:])


async def test_no_other_host_of_the_domain_plants_a_session(team: TeamUp) -> None:
    loom = await team(public_url="https://loom.example")
    person = await loom.sign_up("alice@example.com")
    planted = (await loom.cookie(person))["Cookie"]
    assert planted.startswith("loom_session=")
    assert (await loom.call("GET", "/auth/me", {"Cookie": planted})).status == 401
    both = {"Cookie": f"{planted}; __Host-loom_session={'0' * 64}"}
    assert (await loom.call("GET", "/auth/me", both)).status == 401
    own = {"Cookie": f"__Host-{planted}; loom_session={'0' * 64}"}
    assert (await loom.call("GET", "/auth/me", own)).status == 200


async def test_over_tls_a_session_is_prolonged_and_ended_under_its_own_name(team: TeamUp) -> None:
    loom = await team(public_url="https://loom.example")
    planted = (await loom.cookie(await loom.sign_up("alice@example.com")))["Cookie"]
    own = {"Cookie": f"__Host-{planted}", "Origin": "https://loom.example"}
    page = await loom.call("GET", "/account", {**own, "Accept": HTML})
    words = page.headers["Set-Cookie"].split("; ")
    assert words[0] == own["Cookie"]
    assert {"HttpOnly", "Max-Age=5184000", "Path=/", "SameSite=Lax", "Secure"} == set(words[1:])
    out = (await loom.call("POST", "/auth/logout", own)).headers["Set-Cookie"].split("; ")
    assert out[0] == '__Host-loom_session=""'
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(out)
    assert (await loom.call("GET", "/auth/me", own)).status == 401


async def test_a_page_over_plain_http_says_why_nobody_stays_signed_in(team: TeamUp) -> None:
    loom = await team(login=DEV)
    said = await loom.call("GET", "/login", {"Accept": HTML, "Host": "loom.lan:8080"})
    assert b"plain HTTP" in said.body and "Secure" in said.headers["Set-Cookie"]


async def test_an_unknown_session_is_not_taken_over_by_signing_in(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        planted = "f" * 64
        browser.session.cookie_jar.update_cookies({COOKIE: planted}, URL(loom.url))
        await signed_in(browser)
        assert browser.cookie(COOKIE) not in ("", planted)


async def test_signing_in_again_ends_the_session_before(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        await signed_in(browser)
        old = browser.cookie(COOKIE)
        form = (await browser.open("/account")).form("Sign out")
        form.action = "/auth/login/dev"
        page = await browser.press(form)
        assert page.path == "/account" and browser.cookie(COOKIE) != old
        assert (await loom.call("GET", "/auth/me", cookie(old))).status == 401


async def test_a_form_from_before_signing_in_is_of_no_use_after_it(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        form = (await browser.open("/login")).form(BUTTON)
        await browser.press(form)
        page = await browser.press(form)
        assert page.status == 403 and "no longer valid" in page.text


def cookie(value: str) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={value}"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1"},
        {},
    ],
)
async def test_a_form_from_another_site_signs_nobody_in(
    team: TeamUp, headers: dict[str, str]
) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        form = (await browser.open("/login")).form(BUTTON)
        async with browser.session.post(
            loom.url + form.action, data=form.fields, headers=headers
        ) as answer:
            assert answer.status == 403
        assert browser.cookie(COOKIE) == ""


async def test_a_form_without_its_token_or_with_anothers_is_refused(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser, visiting(loom.url) as other:
        form = (await browser.open("/login")).form(BUTTON)
        theirs = (await other.open("/login")).form(BUTTON).fields["form_token"]
        for token in ("", "0" * 64, "é", theirs):
            page = await browser.press(form, form_token=token)
            assert page.status == 403 and "load the page again" in page.text


async def test_a_form_that_is_too_large_or_none_is_refused(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser:
        form = (await browser.open("/login")).form(BUTTON)
        assert (await browser.press(form, next="x" * 20_000)).status == 413
        many = {f"f{n}": "1" for n in range(50)}
        assert (await browser.press(form, **many)).status == 400
        own = {"Origin": loom.url}
        said = await loom.call("POST", form.action, own, json={})
        assert said.status == 415


async def test_one_signs_out_here_and_elsewhere(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser, visiting(loom.url) as other:
        await signed_in(browser)
        await signed_in(other)
        page = await browser.open("/account")
        assert "this one" in page.text
        page = await browser.press(page.form("Sign out everywhere else"))
        assert (await other.open("/account")).path.startswith("/login")
        page = await browser.press(page.form("Sign out"))
        assert page.path == "/login" and browser.cookie(COOKIE) == ""


async def test_one_session_of_several_is_signed_out(team: TeamUp) -> None:
    loom = await team(login=DEV)
    async with visiting(loom.url) as browser, visiting(loom.url) as other:
        await signed_in(other)
        await signed_in(browser)
        page = await browser.open("/account")
        rows = [form for form in page.forms if form.action.startswith("/account/sessions/0")]
        assert len(rows) == 1
        await browser.press(rows[0])
        assert (await other.open("/account")).path.startswith("/login")
        assert (await browser.open("/account")).path == "/account"


async def test_sessions_are_listed_and_ended_by_their_owner_alone(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await loom.sign_up("alice@example.com"), await loom.sign_up("bob@example.com")
    (mine,) = (await loom.call("GET", "/api/sessions", alice.headers)).json()["sessions"]
    assert mine["is_current"] is True and mine["kind"] == "cli"
    path = f"/api/sessions/{mine['id']}"
    assert (await loom.call("DELETE", path, bob.headers)).status == 404
    assert (await loom.call("DELETE", path, alice.headers)).status == 204
    assert (await loom.call("GET", "/auth/me", alice.headers)).status == 401


async def test_a_program_signs_out(team: TeamUp) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    assert (await loom.call("POST", "/auth/logout", alice.headers)).status == 204
    assert (await loom.call("GET", "/auth/me", alice.headers)).status == 401


async def test_a_browser_is_told_in_html_and_a_program_in_json(team: TeamUp) -> None:
    loom = await team()
    for headers, kind in (({"Accept": HTML}, "text/html"), ({}, "application/json")):
        said = await loom.call("POST", "/auth/logout", headers)
        assert (said.status, said.headers["Content-Type"].partition(";")[0]) == (401, kind)
    said = await loom.call("GET", "/api/sessions", {"Accept": HTML})
    assert said.headers["Content-Type"] == "application/json"


async def test_dev_mode_has_no_door_unless_it_is_on(team: TeamUp) -> None:
    loom = await team()
    assert (await loom.call("GET", "/auth/providers")).json()["providers"] == []
    said = await loom.call("POST", "/auth/login/dev", {"Origin": loom.url}, data={"x": "y"})
    assert said.status == 401
