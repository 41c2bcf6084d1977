import asyncio
import re
from ipaddress import ip_network
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from loom.server.auth.device_codes import INTERVAL_MS, LIFETIME_MS, as_user_code
from loom.server.routes.device import GRANT
from loom.server.sections.http import HttpSettings
from loom.server.sections.login import LoginSettings
from tests.server.conftest import TOKEN, TeamUp
from tests.server.team import Said, Team
from tests.server.test_door import Clock
from tests.server.visitor import Visitor, visiting

DEV = LoginSettings(is_dev_mode=True)


async def started(loom: Team, **fields: str) -> dict[str, Any]:
    said = await loom.call(
        "POST", "/auth/device/start", data={"client_id": "loom-cli", "scope": "", **fields}
    )
    assert said.status == 200, said.body
    return dict(said.json())


async def polled(loom: Team, code: str, **fields: str) -> Said:
    form = {"grant_type": GRANT, "device_code": code, "client_id": "loom-cli", **fields}
    return await loom.call("POST", "/auth/device/poll", data=form)


async def signed_in(browser: Visitor, path: str) -> Any:
    page = await browser.open(path)
    return await browser.press(page.form("Sign in as dev@localhost"))


async def test_the_wire_is_that_of_rfc_8628(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(login=DEV, clock=clock)
    form = {"client_id": "loom-cli"}
    said = await loom.call("POST", "/auth/device/start", data=form)
    # §3.2: the fields, and that nothing keeps them.
    assert said.headers["Cache-Control"] == "no-store"
    assert said.headers["Content-Type"] == "application/json"
    start = said.json()
    assert set(start) == {
        *("device_code", "user_code", "verification_uri", "verification_uri_complete"),
        *("expires_in", "interval"),
    }
    assert re.fullmatch(r"\d{3}-\d{3}-\d{3}", start["user_code"])
    assert start["verification_uri"] == f"{loom.url}/device"
    assert start["verification_uri_complete"] == f"{loom.url}/device?user_code={start['user_code']}"
    assert (start["expires_in"], start["interval"]) == (600, 2)
    # §3.5: errors come with status 400 and a JSON body whose `error` is a code.
    said = await polled(loom, start["device_code"])
    assert (said.status, said.json()["error"]) == (400, "authorization_pending")
    assert said.headers["Cache-Control"] == "no-store"
    async with visiting(loom.url) as browser:
        page = await signed_in(browser, f"/device?user_code={start['user_code']}")
        await browser.press(page.form("ApproveDeny"), decision="approve")
    clock.now += INTERVAL_MS
    said = await polled(loom, start["device_code"])
    # RFC 6749 §5.1.
    assert said.status == 200 and said.headers["Cache-Control"] == "no-store"
    token = said.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 60 * 24 * 3600)
    assert re.fullmatch(r"lt_[0-9a-f]{64}", token["access_token"])
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert (await loom.call("GET", "/auth/me", headers)).json()["user"]["email"] == "dev@localhost"


async def test_an_oauth_client_of_somebody_elses_signs_in(team: TeamUp) -> None:
    """Authlib knows the grant from the RFC alone."""
    loom = await team(login=DEV, clock=(clock := Clock()))
    start = await started(loom, device_name="laptop-7")
    client = OAuth2Session("loom-cli", token_endpoint_auth_method="none")

    def fetch() -> Any:
        return client.fetch_token(
            f"{loom.url}/auth/device/poll", grant_type=GRANT, device_code=start["device_code"]
        )

    with pytest.raises(OAuthError) as caught:
        await asyncio.to_thread(fetch)
    assert caught.value.error == "authorization_pending"
    async with visiting(loom.url) as browser:
        page = await signed_in(browser, "/device")
        page = await browser.press(page.form("Continue"), user_code=start["user_code"])
        assert "Loom on laptop-7" in page.text and "127.0.0.1" in page.text
        page = await browser.press(page.form("ApproveDeny"), decision="approve")
        assert "The device is signed in" in page.text
    clock.now += INTERVAL_MS
    token = await asyncio.to_thread(fetch)
    answer = await asyncio.to_thread(client.get, f"{loom.url}/auth/me")
    assert token["token_type"] == "Bearer" and answer.json()["user"]["email"] == "dev@localhost"
    client.close()


async def test_who_polls_too_soon_waits_five_seconds_more_each_time(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    code = (await started(loom))["device_code"]
    said = []
    for gap in (0, 1_999, 6_999, 12_000, 11_999, 17_000):
        clock.now += gap
        said.append((await polled(loom, code)).json()["error"])
    pending, slow = "authorization_pending", "slow_down"
    assert said == [pending, slow, slow, pending, slow, pending]


async def test_a_code_that_ran_out_was_denied_or_never_was_is_said_so(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(login=DEV, clock=clock)
    denied, late = await started(loom), await started(loom)
    async with visiting(loom.url) as browser:
        page = await signed_in(browser, f"/device?user_code={denied['user_code']}")
        page = await browser.press(page.form("ApproveDeny"), decision="deny")
        assert "not signed in" in page.text
        assert (await polled(loom, denied["device_code"])).json()["error"] == "access_denied"
        clock.now += LIFETIME_MS
        page = await browser.open(f"/device?user_code={late['user_code']}")
        assert page.status == 404 and "No device waits" in page.text
    assert (await polled(loom, late["device_code"])).json()["error"] == "expired_token"
    assert (await polled(loom, "0" * 64)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "evil"}, 401, "invalid_client"),
        ({"client_id": "loom-editor"}, 400, "invalid_grant"),
        ({"device_code": ""}, 400, "invalid_request"),
    ],
)
async def test_a_wrong_poll_is_named(
    team: TeamUp, fields: dict[str, str], status: int, error: str
) -> None:
    loom = await team()
    code = (await started(loom))["device_code"]
    said = (
        await polled(loom, **{"code": code, **fields})
        if "device_code" not in fields
        else (await polled(loom, ""))
    )
    assert (said.status, said.json()["error"]) == (status, error)


async def test_a_token_is_given_once(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(login=DEV, clock=clock)
    start = await started(loom)
    async with visiting(loom.url) as browser:
        page = await signed_in(browser, f"/device?user_code={start['user_code']}")
        form = page.form("ApproveDeny")
        await browser.press(form, decision="approve")
        assert (await browser.press(form, decision="deny")).status == 404
    two = await asyncio.gather(*(polled(loom, start["device_code"]) for _ in range(2)))
    assert sorted(said.status for said in two) == [200, 400]
    kept = str(await loom.database.query("SELECT * FROM login_sessions"))
    assert "lt_" not in kept


async def test_nobody_is_asked_without_signing_in_first(team: TeamUp) -> None:
    loom = await team(login=DEV)
    start = await started(loom)
    async with visiting(loom.url) as browser:
        page = await browser.open(f"/device?user_code={start['user_code']}")
        assert page.path.startswith("/login") and start["user_code"] in page.path
        page = await browser.press(page.form("Sign in as dev@localhost"))
        assert page.path == f"/device?user_code={start['user_code']}"
        assert "Sign in this device?" in page.text


async def test_another_sites_page_approves_nothing(team: TeamUp) -> None:
    loom = await team(login=DEV)
    start = await started(loom)
    alice = await loom.sign_up("alice@example.com")
    data = {"user_code": start["user_code"], "decision": "approve"}
    for origin in ("https://evil.example", loom.url):
        cookie = await loom.cookie(alice)
        said = await loom.call("POST", "/device/decision", {**cookie, "Origin": origin}, data=data)
        assert said.status == 403
    assert (await polled(loom, start["device_code"])).json()["error"] == "authorization_pending"


async def test_guessing_user_codes_is_stopped_and_the_owner_is_not(team: TeamUp) -> None:
    loom = await team(login=DEV)
    mallory = await loom.cookie(await loom.sign_up("mallory@example.com"))
    start = await started(loom)
    right = f"/device?user_code={start['user_code']}"
    wrong = right.translate(str.maketrans("0123456789", "1234567890"))
    for path, status in ((right, 200), (wrong, 404)):
        for _ in range(10):
            assert (await loom.call("GET", path, mallory)).status == status
    # What is right is no way round the limit either: it could have been guessed.
    for path in (wrong, right):
        assert (await loom.call("GET", path, mallory)).status == 429
    async with visiting(loom.url) as ann:
        page = await signed_in(ann, right)
        page = await ann.press(page.form("ApproveDeny"), decision="approve")
        assert page.status == 200
    for _ in range(25):
        await polled(loom, "0" * 64)
    assert (await polled(loom, "0" * 64)).status == 429
    # Nobody guesses 256 bits: who has them is let through from the same address.
    assert (await polled(loom, start["device_code"])).status == 200


async def test_starting_devices_is_limited_by_client(team: TeamUp) -> None:
    loom = await team()
    form = {"client_id": "loom-cli"}
    said = [await loom.call("POST", "/auth/device/start", data=form) for _ in range(22)]
    assert said[0].status == 200 and said[-1].status == 429
    assert 0 < int(said[-1].headers["Retry-After"]) <= 10


async def test_the_page_says_who_asks_from_where_and_when_and_warns(team: TeamUp) -> None:
    proxies = (ip_network("127.0.0.1/32"),)
    loom = await team(
        login=DEV, clock=(clock := Clock()), http=HttpSettings(trusted_proxies=proxies)
    )
    form = {"client_id": "loom-cli", "device_name": "laptop-7"}
    there = {"X-Forwarded-For": "203.0.113.9"}
    far = (await loom.call("POST", "/auth/device/start", there, data=form)).json()
    near = await started(loom, device_name="laptop-7")
    clock.now += 3 * 60_000
    async with visiting(loom.url) as browser:
        page = await signed_in(browser, f"/device?user_code={far['user_code']}")
        for words in (
            *("Loom on laptop-7", "Asked from 203.0.113.9", "You are at 127.0.0.1", "3 min ago"),
            *("Approve only what you started yourself", "somebody sent you this code"),
            "This device is not where you are",
        ):
            assert words in page.text
        await browser.press(page.form("ApproveDeny"), decision="deny")
        page = await browser.open(f"/device?user_code={near['user_code']}")
        assert "Asked from 127.0.0.1" in page.text and "not where you are" not in page.text
    audit = await loom.call("GET", "/api/admin/audit?type=auth.device", _operator(loom))
    (line,) = audit.json()["entries"]
    assert line["outcome"] == "denied"
    assert line["details"]["device_ip"] == "203.0.113.9"
    assert line["details"]["device"] == "Loom on laptop-7"


def _operator(loom: Team) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


async def test_what_a_device_calls_itself_is_shown_as_text(team: TeamUp) -> None:
    loom = await team(login=DEV)
    name = "<script>alert(1)</script>\x1b[2J" + "x" * 500
    start = await started(loom, device_name=name)
    async with visiting(loom.url) as browser:
        page = await signed_in(browser, f"/device?user_code={start['user_code']}")
        assert "<script" not in page.html and "\x1b" not in page.html
        assert "&lt;script&gt;" in page.html and "x" * 100 not in page.html


def test_a_user_code_is_read_however_it_is_typed() -> None:
    for typed in ("123456789", "123 456 789", "123-456-789", " 123–456–789\n"):
        assert as_user_code(typed) == "123-456-789"
    for typed in ("", "12345678", "1234567890", "abc", "١٢٣٤٥٦٧٨٩"):
        assert as_user_code(typed) == ""
