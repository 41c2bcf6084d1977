"""How the identity provider is known: by address, by file, by hand; and when its key changes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from loom.core.errors import ConfigError
from loom.server.app import now_ms
from loom.server.http_session import upstream_session
from loom.server.login.failures import LoginFailed
from loom.server.login.okta_saml import ASK_AGAIN_AFTER_MS, Okta
from loom.server.login.outside import Outside
from loom.server.login.saml.metadata import identity_provider
from loom.server.sections.federated import OktaSettings
from tests.identity.fixtures import idp, pair, programs, saml_idp
from tests.identity.programs import Pair, SamlIdp, encoded

__all__ = ["idp", "pair", "programs"]

BASE = "http://localhost:1"
ALICE = "alice@example.com"


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with upstream_session() as session:
        yield Outside(session)


def okta(outside: Outside, clock: Callable[[], int] = now_ms, **settings: Any) -> Okta:
    domains = {"email_domains": ("example.com",)}
    return Okta(OktaSettings(**{**domains, **settings}), outside, BASE, clock)


async def test_the_provider_is_known_by_address_by_file_or_by_hand(
    idp: SamlIdp, outside: Outside, tmp_path: Path
):
    (tmp_path / "okta.xml").write_bytes(idp.metadata())
    (tmp_path / "okta.pem").write_text(idp.pair.certificate)
    by_hand = {"entity_id": idp.issuer, "sso_url": f"{idp.url}/sso"}
    for settings in (
        {"metadata_url": idp.issuer},
        {"metadata_file": tmp_path / "okta.xml"},
        {**by_hand, "certificate_file": tmp_path / "okta.pem"},
    ):
        known = okta(outside, **settings)
        departure = await known.depart()
        assertion = await known.read(encoded(idp.response(ALICE, departure.url)))
        assert (assertion.email, assertion.in_response_to) == (ALICE, departure.state)


async def test_a_new_key_is_asked_for_and_not_at_every_forgery(
    programs: Path, pair: Pair, outside: Outside
):
    time_ms = [now_ms()]
    with saml_idp(programs, pair, BASE) as url:
        idp = SamlIdp(url, pair)
        known = okta(outside, lambda: time_ms[0], metadata_url=idp.issuer)
        await known.read(encoded(idp.response(ALICE)))
        idp.rotate(Pair.new())
        response = encoded(idp.response(ALICE))
        with pytest.raises(LoginFailed):
            await known.read(response)
        time_ms[0] += ASK_AGAIN_AFTER_MS + 1
        assert (await known.read(response)).email == ALICE


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: b"", "not well-formed"),
        (lambda text: b"<!DOCTYPE x>" + text, "document type"),
        (lambda text: text.replace(b"HTTP-Redirect", b"SOAP"), "lacks"),
        (lambda text: text.replace(b'use="signing"', b'use="encryption"'), "lacks"),
        (lambda text: text.replace(b"entityID", b"entity"), "lacks"),
        (lambda text: text.replace(b"EntityDescriptor", b"EntitiesDescriptor"), "lacks"),
        (lambda text: text.replace(b"<X509Certificate>", b"<X509Certificate>AAAA"), "metadata"),
    ],
)
def test_metadata_that_is_none_is_said_to_be(
    idp: SamlIdp, change: Callable[[bytes], bytes], says: str
):
    with pytest.raises(ConfigError, match=says) as refused:
        identity_provider(change(idp.metadata()))
    assert refused.value.hint


async def test_a_key_that_is_too_short_is_not_believed(outside: Outside, tmp_path: Path):
    (tmp_path / "okta.pem").write_text(Pair.new(bits=1024).certificate)
    by_hand = {"entity_id": "x", "sso_url": "https://x", "certificate_file": tmp_path / "okta.pem"}
    with pytest.raises(ConfigError, match="too weak"):
        await okta(outside, **by_hand).depart()


@pytest.mark.parametrize("is_mixed_up", [True, False])
def test_a_private_key_that_is_none_of_ours_is_named(tmp_path: Path, is_mixed_up: bool):
    (tmp_path / "key.pem").write_text(Pair.new().key if is_mixed_up else "no key")
    (tmp_path / "own.pem").write_text(Pair.new().certificate)
    files = {
        "private_key_file": tmp_path / "key.pem",
        "own_certificate_file": tmp_path / "own.pem",
    }
    with pytest.raises(ConfigError, match=r"key\.pem"):
        Okta(OktaSettings(**files), None, BASE, now_ms)  # type: ignore[arg-type]
