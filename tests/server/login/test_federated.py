"""Signing in by identity providers that run beside the test, none of them Loom's code."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Page as Tab

from loom.secrets import Secret
from loom.server.app import now_ms
from loom.server.auth.credentials import COOKIE
from loom.server.login import login_states
from loom.server.login.limits import SENT_AWAY, WRONG_RETURNS
from loom.server.sections.federated import FederatedSettings, GithubSettings
from tests.e2e.browser import chromium
from tests.identity.fixtures import own_pair, pair, programs
from tests.identity.programs import Pair
from tests.server.conftest import TeamUp
from tests.server.login.federation import (
    ALICE,
    BOB,
    SECRET,
    Federation,
    Providers,
    at,
    providers,
    state_in,
)

__all__ = ["own_pair", "pair", "programs"]

Federate = Callable[..., Awaitable[Federation]]


@pytest.fixture(scope="module")
def known(programs: Path, pair: Pair) -> Iterator[Providers]:
    with providers(programs, pair) as running:
        yield running


@pytest.fixture
def federate(team: TeamUp, known: Providers) -> Federate:
    return partial(Federation.of, team, known)


@asynccontextmanager
async def tab() -> AsyncIterator[Tab]:
    async with chromium() as context:
        yield await context.new_page()


async def consent(page: Tab, email: str) -> None:
    """Signs in at the provider and agrees."""
    await page.fill("input[name=login]", email)
    await page.fill("input[name=password]", "x")
    await page.click("button[type=submit]")
    await page.click("text=Continue")


@pytest.mark.parametrize("label", ["GitHub", "Google"])
async def test_in_a_browser_one_signs_in_by_code(federate: Federate, label: str):
    loom = await federate()
    async with tab() as page:
        await page.goto(f"{loom.url}/account?tab=1")
        await page.click(f"text=Continue with {label}")
        await consent(page, ALICE)
        await page.wait_for_url(f"{loom.url}/account?tab=1")
        assert ALICE in await page.inner_text("body")


async def test_in_a_browser_one_signs_in_by_saml_from_here(federate: Federate):
    await signs_in_twice(await federate())


async def test_in_a_browser_one_signs_in_by_saml_of_the_same_site(
    team: TeamUp, programs: Path, pair: Pair
):
    # Its form brings the cookie of the session before.
    with providers(programs, pair, "127.0.0.1") as known:
        await signs_in_twice(await Federation.of(team, known))


async def signs_in_twice(loom: Federation) -> None:
    async with tab() as page:
        for _ in range(2):
            await page.goto(f"{loom.url}/auth/okta/login?next=/account?tab%3D1")
            await page.fill("input[name=user]", ALICE)
            await page.click("button")
            await page.wait_for_url(f"{loom.url}/account?tab=1")
            assert ALICE in await page.inner_text("body")


@pytest.mark.parametrize("way", ["restart", "accept"])
async def test_in_a_browser_one_signs_in_by_saml_from_there(federate: Federate, way: str):
    loom = await federate(idp_initiated=way)
    async with tab() as page:
        await page.goto(f"{loom.idp.url}/sso?user={ALICE}&RelayState=/account?tab%3D1")
        if way == "restart":
            await page.fill("input[name=user]", ALICE)
            await page.click("button")
        await page.wait_for_url(f"{loom.url}/account?tab=1")
        assert ALICE in await page.inner_text("body")


async def test_one_person_is_one_account_whichever_way_they_come(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        for provider in ("github", "google"):
            page = await loom.by_code(visitor, provider, ALICE)
            assert (page.status, page.path) == (200, "/account"), page.text
        request = await loom.left(visitor, "okta")
        page = await loom.posts(visitor, loom.idp.response(ALICE, request))
        assert (page.status, page.path) == (200, "/account"), page.text
    rows = await loom.team.database.query("SELECT provider, subject, user FROM identities")
    assert {(row[0], row[1]) for row in rows} >= {("github", "583231"), ("okta", ALICE)}
    assert len({row[2] for row in rows}) == 1


@pytest.mark.parametrize("provider", ["github", "google"])
async def test_an_address_that_the_provider_did_not_verify_gets_nobody_in(
    federate: Federate, provider: str
):
    loom = await federate()
    async with at(loom) as visitor:
        page = await loom.by_code(visitor, provider, BOB)
        assert page.status == 403
        assert "not verified" in page.text and "Verify it there" in page.text
        assert not visitor.cookie(COOKIE)


async def test_who_does_not_agree_is_told_so_and_it_is_noted(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        page = await visitor.open("/auth/google/login")
        page = await visitor.open(page.links["[ Cancel ]"])
        assert page.status == 403
        assert "did not agree" in page.text
    entry = await loom.audited("auth.login")
    assert entry["outcome"] == "denied"
    details = entry["details"]
    assert (details["provider"], details["reason"]) == ("google", "denied")


@pytest.mark.parametrize("provider", ["github", "google"])
async def test_a_state_is_good_once_in_the_browser_that_began(federate: Federate, provider: str):
    loom = await federate()
    async with at(loom) as mallory, at(loom) as visitor:
        page = await visitor.open(f"/auth/{provider}/login")
        page = await visitor.press(page.form("Sign-in"), login=ALICE, password="x")
        form = page.form("Continue")
        async with visitor.session.post(
            form.action, data=form.fields, allow_redirects=False
        ) as answer:
            resumed = answer.headers["Location"]
        async with visitor.session.get(resumed, allow_redirects=False) as answer:
            back = answer.headers["Location"]
        # Mallory's browser has the whole address, and is not the one that left.
        page = await mallory.open(back)
        assert page.status == 403 and "did not begin in this browser" in page.text
        assert (await visitor.open(back)).path == "/account"
        assert (await visitor.open(back)).status == 403


async def test_a_provider_that_always_says_who_it_is_must_say_it(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        state = state_in(await loom.left(visitor, "google"))
        page = await visitor.open(f"/auth/google/callback?code=x&state={state}")
        assert page.status == 403 and "Another identity provider" in page.text


async def test_over_tls_the_browsers_mark_is_of_this_host_alone(team: TeamUp):
    github = GithubSettings("loom", Secret(SECRET))
    loom = await team(public_url="https://loom.example", federated=FederatedSettings(github))
    said = await loom.call("GET", "/auth/github/login")
    assert said.headers["Location"].startswith("https://github.com/login/oauth/authorize?")
    words = said.headers["Set-Cookie"].split("; ")
    assert words[0].startswith("__Host-loom_login=")
    assert {"HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"} == set(words[1:])


async def test_an_api_that_is_away_is_said_to_be(team: TeamUp, known: Providers):
    github = GithubSettings("loom", Secret(SECRET), known.urls["github"], "http://127.0.0.1:9")
    loom = Federation(
        await team(
            public_url=known.url, port=known.port, federated=FederatedSettings(github=github)
        ),
        known,
    )
    async with at(loom) as visitor:
        page = await loom.by_code(visitor, "github", ALICE)
        assert page.status == 502 and "does not answer" in page.text
        assert SECRET not in page.text


async def test_a_state_ends_after_ten_minutes(federate: Federate):
    late = [0]
    loom = await federate(clock=lambda: now_ms() + late[0])
    async with at(loom) as visitor:
        state = state_in(await loom.left(visitor, "github"))
        late[0] = login_states.LIFETIME_MS + 1
        page = await visitor.open(f"/auth/github/callback?code=x&state={state}")
        assert page.status == 403 and "ten minutes" in page.text


async def test_a_state_of_one_provider_is_none_of_anothers(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        state = state_in(await loom.left(visitor, "github"))
        page = await visitor.open(f"/auth/google/callback?code=x&state={state}")
        assert page.status == 403 and "did not begin" in page.text


async def test_states_are_kept_as_hashes(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        state = state_in(await loom.left(visitor, "github"))
        cookie = visitor.cookie("loom_login")
    (row,) = await loom.team.database.query("SELECT state_hash, browser_hash FROM login_states")
    assert cookie and state
    assert not {state.encode(), cookie.encode()} & set(row)


async def test_a_response_signs_in_only_the_browser_that_asked(federate: Federate):
    loom = await federate()
    async with at(loom) as mallory, at(loom) as victim:
        request = await loom.left(mallory, "okta")
        await loom.left(victim, "okta")
        page = await loom.posts(victim, loom.idp.response("mallory@example.com", request))
        assert page.status == 403 and "did not begin in this browser" in page.text
        assert not victim.cookie(COOKIE)


async def test_a_response_is_good_once(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        request = await loom.left(visitor, "okta")
        response = loom.idp.response(ALICE, request)
        assert (await loom.posts(visitor, response)).status == 200
        page = await loom.posts(visitor, response)
        assert page.status == 403 and "used before" in page.text
        # Nor may another response answer the same request.
        page = await loom.posts(visitor, loom.idp.response(ALICE, request))
        assert page.status == 403 and "did not begin" in page.text


async def test_a_name_from_elsewhere_is_one_line_of_text(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        await loom.by_code(visitor, "google", ALICE)
    ((name,),) = await loom.team.database.query("SELECT name FROM users")
    assert name.startswith("[2JAlice ee") and len(name) == 100 and name.isprintable()


async def test_a_response_that_nobody_asked_for_is_good_once(federate: Federate):
    loom = await federate(idp_initiated="accept")
    response = loom.idp.response(ALICE)
    async with at(loom) as visitor:
        page = await loom.posts(visitor, response, relay="https://evil.example/")
        assert (page.status, page.path) == (200, "/account")
        page = await loom.posts(visitor, response, relay="")
        assert page.status == 403 and "used before" in page.text


async def test_a_response_that_nobody_asked_for_signs_nobody_in_by_itself(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        page = await loom.posts(visitor, loom.idp.response(ALICE), relay="/account")
        assert "Sign in" in page.html and page.path == "/sso"
        assert not visitor.cookie(COOKIE)


async def test_a_provider_that_never_says_which_request_is_not_asked_for_ever(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        page = await loom.posts(visitor, loom.idp.response(ALICE), relay="loom")
        assert page.status == 403


async def test_the_request_cannot_be_taken_off_a_response(federate: Federate):
    loom = await federate(idp_initiated="accept")
    async with at(loom) as mallory, at(loom) as victim:
        request = await loom.left(mallory, "okta")
        response = loom.idp.response("mallory@example.com", request)
        head, _, tail = response.partition(b"InResponseTo=")
        stripped = head + tail.partition(b'" ')[2]
        page = await loom.posts(victim, stripped, relay="")
        assert page.status == 403 and not victim.cookie(COOKIE)


@pytest.mark.parametrize("domains", [("example.org",), ()])
async def test_only_the_companys_addresses_come_from_its_provider(
    federate: Federate, domains: tuple[str, ...]
):
    loom = await federate(email_domains=domains)
    async with at(loom) as visitor:
        request = await loom.left(visitor, "okta")
        page = await loom.posts(visitor, loom.idp.response(ALICE, request))
        assert page.status == 403 and "not its own" in page.text


async def test_nobody_is_sent_to_another_site_after_signing_in(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        page = await loom.by_code(visitor, "google", ALICE, "https://evil.example/")
        assert page.path == "/account"


async def test_a_form_that_is_too_large_or_none_is_refused(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        page = await loom.posted(visitor, {"SAMLResponse": "A" * 1_000_000})
        assert page.status == 413
        assert (await loom.posted(visitor, {})).status == 403


async def test_a_certificate_that_is_none_is_said_and_the_log_says_which(
    federate: Federate, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    wrong = tmp_path / "okta.pem"
    wrong.write_text("not a certificate")
    hand = {"entity_id": "x", "sso_url": "http://127.0.0.1:9", "certificate_file": wrong}
    loom = await federate(metadata_url="", **hand)
    async with at(loom) as visitor:
        page = await visitor.open("/auth/okta/login")
        assert page.status == 503 and "not set up rightly" in page.text
        assert str(wrong) not in page.text and str(wrong) in caplog.text
    entry = await loom.audited("auth.login")
    assert (entry["outcome"], entry["details"]["reason"]) == ("failed", "misconfigured")


async def test_with_a_key_of_its_own_loom_signs_and_reads_what_is_encrypted(
    federate: Federate, own_pair: Pair, tmp_path: Path
):
    (tmp_path / "key.pem").write_text(own_pair.key)
    (tmp_path / "own.pem").write_text(own_pair.certificate)
    loom = await federate(
        private_key_file=tmp_path / "key.pem", own_certificate_file=tmp_path / "own.pem"
    )
    async with at(loom) as visitor:
        page = await visitor.open("/auth/okta/metadata")
        assert 'AuthnRequestsSigned="true"' in page.html
        assert 'WantAssertionsSigned="true"' in page.html
        request = await loom.left(visitor, "okta")
        assert "Signature=" in request
        options = {"encryptionCert": own_pair.certificate, "encryptionPublicKey": own_pair.public}
        page = await loom.posts(visitor, loom.idp.response(ALICE, request, **options))
        assert (page.status, page.path) == (200, "/account"), page.text


async def test_who_tries_too_often_has_to_wait_and_who_has_a_right_answer_has_not(
    federate: Federate,
):
    loom = await federate()
    async with at(loom) as visitor:
        request = await loom.left(visitor, "okta")
        for _ in range(WRONG_RETURNS.burst):
            assert (await loom.posted(visitor, {})).status == 403
        page = await loom.posted(visitor, {})
        assert page.status == 429 and "too many tries" in page.text
        page = await loom.posts(visitor, loom.idp.response(ALICE, request))
        assert (page.status, page.path) == (200, "/account")
    assert (await loom.audited("auth.rate_limited"))["outcome"] == "denied"


async def test_nobody_fills_the_table_of_those_who_are_away(federate: Federate):
    loom = await federate()
    async with at(loom) as visitor:
        for _ in range(SENT_AWAY.burst):
            await loom.left(visitor, "github")
        page = await visitor.open("/auth/github/login")
        assert page.status == 429 and "Retry-After" in page.headers


async def test_a_way_that_is_not_set_up_is_not_there(team: TeamUp):
    loom = await team()
    for path in ("/auth/github/login", "/auth/google/callback", "/auth/okta/metadata"):
        assert (await loom.call("GET", path)).status == 404
    assert (await loom.call("POST", "/auth/okta/acs")).status == 404
    assert (await loom.call("GET", "/auth/gitlab/login")).status in (401, 404)


async def test_no_secret_is_in_the_log(federate: Federate, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    loom = await federate()
    async with at(loom) as visitor:
        for provider in ("github", "google"):
            await loom.by_code(visitor, provider, ALICE)
        request = await loom.left(visitor, "okta")
        await loom.posts(visitor, loom.idp.response(ALICE, request))
    for secret in (SECRET, "SAMLResponse", "saml:Assertion", "code_verifier", "access_token"):
        assert secret not in caplog.text
