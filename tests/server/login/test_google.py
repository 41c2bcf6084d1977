"""ID tokens: a provider that signs whatever is asked for, with a code base that is not ours."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from loom.core.errors import ConfigError
from loom.secrets import Secret
from loom.server.http_session import upstream_session
from loom.server.login.failures import LoginFailed
from loom.server.login.google import Google
from loom.server.login.login_states import Kept
from loom.server.login.outside import Outside, require_as_safe
from loom.server.login.signing_in import Arrival
from loom.server.sections.federated import GoogleSettings
from tests.identity.fixtures import programs
from tests.identity.programs import running

__all__ = ["programs"]


@pytest.fixture(scope="module")
def issuer(programs: Path) -> Iterator[str]:
    with running(programs, "forger.js") as url:
        yield url


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with upstream_session() as session:
        yield Outside(session)


@pytest.fixture
def google(issuer: str, outside: Outside) -> Google:
    return made(outside, issuer)


def now() -> int:
    return time.time_ns() // 1_000_000


def made(outside: Outside, issuer: str, clock: Callable[[], int] = now, **settings: Any) -> Google:
    domains = {"email_domains": ("example.com",)}
    given = GoogleSettings("loom", Secret("s3cr3t"), issuer, **{**domains, **settings})
    return Google(given, outside, "http://localhost/cb", clock)


async def back(google: Google, how: str = "first", **claims: Any) -> Arrival:
    """The provider sends a person back whose token is made so."""
    code = json.dumps({"how": how, "claims": {"nonce": "n-1", **claims}})
    return await google.arrive({"code": code}, Kept(b"", "n-1", "v-1"))


async def refused(google: Google, how: str = "first", **claims: Any) -> str:
    with pytest.raises(LoginFailed) as failure:
        await back(google, how, **claims)
    return failure.value.code


async def test_a_good_token_says_who_it_is(google: Google):
    assert await back(google) == Arrival(
        "google", "10769150350006150715113082367", "alice@example.com", True, "Alice"
    )


async def test_the_way_there_has_state_nonce_and_pkce_new_each_time(google: Google):
    first, second = await google.depart(), await google.depart()
    asked = {name: value for name, (value,) in parse_qs(urlsplit(first.url).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://localhost/cb"
    assert asked["state"] == first.state
    assert asked["nonce"] == first.nonce
    assert first.code_verifier not in first.url
    assert len(first.state) >= 43
    assert not {first.state, first.nonce, first.code_verifier} & {
        second.state,
        second.nonce,
        second.code_verifier,
    }


@pytest.mark.parametrize("how", ["none", "unsigned", "secret", "other"])
async def test_a_token_that_the_providers_key_did_not_sign_is_refused(google: Google, how: str):
    await back(google)
    assert await refused(google, how) == "id_token"


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "....", "e30.e30.", "é.é.é", "\0"])
async def test_letters_that_are_no_token_are_refused(google: Google, text: str):
    assert await refused(google, "garbage", text=text) == "id_token"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "n-2"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["loom", "another"]},
        {"azp": "another"},
        {"iss": "https://accounts.google.com"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"sub": ""},
        {"sub": None},
        {"sub": 5},
        {"at_hash": "AAAA"},
    ],
    ids=str,
)
async def test_a_token_for_somebody_else_or_another_time_is_refused(
    google: Google, claims: dict[str, Any]
):
    assert await refused(google, **claims) == "id_token"


async def test_keys_are_asked_for_again_when_a_newer_one_signs_and_not_at_every_forgery(
    programs: Path, outside: Outside
):
    time_ms = [now()]
    with running(programs, "forger.js") as issuer:
        google = made(outside, issuer, clock=lambda: time_ms[0])
        await back(google)
        assert await refused(google, "rotated") == "id_token"
        time_ms[0] += 60_000
        assert (await back(google, "rotated")).email == "alice@example.com"
        for _ in range(5):
            assert await refused(google, "first") == "id_token"
        assert await outside.json(f"{issuer}/asked") == 2


async def test_an_address_that_is_not_verified_is_not_said_to_be(google: Google):
    for claims in ({"email_verified": False}, {"email_verified": "yes"}, {"email_verified": None}):
        assert not (await back(google, **claims)).is_email_verified


async def test_another_issuer_speaks_for_the_named_domains_alone(issuer: str, outside: Outside):
    google = made(outside, issuer, hosted_domain="example.org", email_domains=("example.org",))
    assert await refused(google, hd="example.org") == "wrong_domain"
    mine = await back(google, hd="example.org", email="alice@Example.org")
    assert mine.is_email_verified
    nobody = made(outside, issuer, email_domains=())
    assert await refused(nobody) == "wrong_domain"


async def test_only_the_hosted_domain_gets_in(issuer: str, outside: Outside):
    google = made(outside, issuer, hosted_domain="example.com")
    assert await refused(google) == "wrong_domain"
    assert await refused(google, hd="example.org") == "wrong_domain"
    assert (await back(google, hd="example.com")).email == "alice@example.com"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"error": "access_denied"}, "denied"),
        ({"error": "server_error", "error_description": "<script>"}, "provider_error"),
        ({}, "provider_error"),
        ({"code": "x", "iss": "https://evil.example"}, "wrong_issuer"),
    ],
)
async def test_who_comes_back_without_a_code_is_told_why(
    google: Google, query: dict[str, str], code: str
):
    with pytest.raises(LoginFailed) as failure:
        await google.arrive(query, Kept(b"", "n", "v"))
    assert failure.value.code == code
    assert "script" not in failure.value.message + failure.value.hint


async def test_a_code_that_the_provider_does_not_know_signs_nobody_in(google: Google):
    assert await refused(google, "empty") == "provider_unreachable"


async def test_a_provider_that_speaks_for_another_is_not_believed(issuer: str, outside: Outside):
    with pytest.raises(LoginFailed) as failure:
        await made(outside, f"{issuer}/evil").depart()
    assert failure.value.code == "provider_unreachable"


def test_a_provider_behind_tls_cannot_name_an_address_without():
    assert require_as_safe("https://a/token", "https://a")
    assert require_as_safe("http://127.0.0.1/token", "http://127.0.0.1")
    with pytest.raises(ConfigError, match="without HTTPS"):
        require_as_safe("http://a/token", "https://a")


@pytest.mark.parametrize("path", ["/huge", "/away", "/nothing"])
async def test_an_answer_that_is_huge_elsewhere_or_missing_is_none(
    issuer: str, outside: Outside, path: str
):
    with pytest.raises(LoginFailed) as failure:
        await outside.document(issuer + path)
    assert failure.value.code == "provider_unreachable"


async def test_a_provider_that_is_away_is_said_to_be(outside: Outside):
    with pytest.raises(LoginFailed) as failure:
        await made(outside, "http://127.0.0.1:9").depart()
    assert failure.value.status == 502
