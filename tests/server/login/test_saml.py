"""What a real identity provider's responses say, and what is refused of what is made of them."""

import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from loom.server.login.failures import LoginFailed
from loom.server.login.saml.conditions import SKEW_MS, Audience
from loom.server.login.saml.metadata import identity_provider
from loom.server.login.saml.request import request_url
from loom.server.login.saml.response import ResponseReader
from tests.identity.fixtures import idp, own_pair, pair, programs, saml_idp
from tests.identity.programs import Pair, SamlIdp, encoded
from tests.server.login.saml_attacks import WRAPPINGS, forged, one

__all__ = ["idp", "own_pair", "pair", "programs"]

BASE = "http://localhost:1"
ALICE = "alice@example.com"


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def audience(idp: SamlIdp) -> Audience:
    return Audience(idp.issuer, f"{BASE}/auth/okta/metadata", f"{BASE}/auth/okta/acs")


@pytest.fixture
def reader(idp: SamlIdp, audience: Audience, own_pair: Pair) -> ResponseReader:
    certificates = identity_provider(idp.metadata()).certificates
    key: Any = load_pem_private_key(own_pair.key.encode(), None)
    return ResponseReader(audience, certificates, key)


def code_of(reader: ResponseReader, response: bytes, at: int | None = None) -> str:
    """Why it is refused."""
    with pytest.raises(LoginFailed) as refused:
        reader.read(encoded(response), at or now())
    return refused.value.code


def test_a_genuine_response_says_who_it_is(idp: SamlIdp, reader: ResponseReader):
    assertion = reader.read(encoded(idp.response(ALICE)), now())
    assert (assertion.subject, assertion.email, assertion.name) == (ALICE, ALICE, "alice")
    assert assertion.in_response_to == ""
    assert assertion.expires_at > now() + SKEW_MS


def test_a_response_that_is_signed_as_okta_signs_is_read(idp: SamlIdp, reader: ResponseReader):
    response = idp.response(ALICE, like="okta")
    assert response.count(b"<ds:Signature ") == 2
    assert b'PrefixList="xs"' in response
    assert reader.read(encoded(response), now()).email == ALICE
    for old, new in ((b"alice", b"mallo"), (b"xs:string", b"xs:token")):
        assert code_of(reader, response.replace(old, new)) == "saml_signature"


def test_a_name_that_is_another_each_time_is_no_id(idp: SamlIdp, reader: ResponseReader):
    transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    response = idp.response(ALICE, nameIdentifierFormat=transient)
    assertion = reader.read(encoded(response), now())
    assert (assertion.subject, assertion.email) == ("", ALICE)


def test_a_request_of_ours_is_answered_by_its_id(
    idp: SamlIdp, reader: ResponseReader, audience: Audience
):
    url = request_url(f"{idp.url}/sso", audience, "_request-1", now(), None)
    assertion = reader.read(encoded(idp.response(ALICE, url)), now())
    assert assertion.in_response_to == "_request-1"


def test_an_identity_provider_that_knows_our_key_believes_our_signature(
    programs: Path, pair: Pair, own_pair: Pair, audience: Audience
):
    key: Any = load_pem_private_key(own_pair.key.encode(), None)
    with saml_idp(programs, pair, BASE, own_pair.certificate) as url:
        idp = SamlIdp(url, pair)
        signed = request_url(f"{url}/sso", audience, "_request-1", now(), key)
        assert b"_request-1" in idp.response(ALICE, signed)
        unsigned = request_url(f"{url}/sso", audience, "_request-1", now(), None)
        with pytest.raises(OSError, match="400"):
            idp.response(ALICE, unsigned)


@pytest.mark.parametrize("algorithm", ["aes256-gcm", "aes128-gcm"])
def test_an_encrypted_assertion_is_read(
    idp: SamlIdp, reader: ResponseReader, own_pair: Pair, algorithm: str
):
    options = encryption(own_pair, f"http://www.w3.org/2009/xmlenc11#{algorithm}")
    for is_signed_outside in (False, True):
        response = idp.response(ALICE, signResponse=is_signed_outside, **options)
        assert ALICE.encode() not in response
        assert reader.read(encoded(response), now()).email == ALICE


def encryption(own_pair: Pair, algorithm: str) -> dict[str, Any]:
    return {
        "encryptionCert": own_pair.certificate,
        "encryptionPublicKey": own_pair.public,
        "encryptionAlgorithm": algorithm,
        "disallowEncryptionWithInsecureAlgorithm": False,
        "warnOnInsecureEncryptionAlgorithm": False,
    }


def test_weak_encryption_is_refused(idp: SamlIdp, reader: ResponseReader, own_pair: Pair):
    for algorithm in ("aes256-cbc", "tripledes-cbc"):
        options = encryption(own_pair, f"http://www.w3.org/2001/04/xmlenc#{algorithm}")
        assert code_of(reader, idp.response(ALICE, **options)) == "saml_encryption"


def test_an_encrypted_assertion_that_nobody_signed_is_refused(
    idp: SamlIdp, reader: ResponseReader, own_pair: Pair
):
    options = encryption(own_pair, "http://www.w3.org/2009/xmlenc11#aes256-gcm")
    response = idp.response(ALICE, signAssertion=False, signResponse=True, **options)
    assert code_of(reader, response) == "saml_unsigned"


def test_cipher_text_that_was_touched_is_refused(
    idp: SamlIdp, reader: ResponseReader, own_pair: Pair
):
    options = encryption(own_pair, "http://www.w3.org/2009/xmlenc11#aes256-gcm")
    root = etree.fromstring(idp.response(ALICE, **options))
    for value in root.iter("{http://www.w3.org/2001/04/xmlenc#}CipherValue"):
        text = value.text or ""
        value.text = text[:40] + ("A" if text[40] != "A" else "B") + text[41:]
        assert code_of(reader, etree.tostring(root)) == "saml_malformed"
        value.text = text
    assert reader.read(encoded(etree.tostring(root)), now()).email == ALICE


def test_encryption_without_a_key_is_said(idp: SamlIdp, reader: ResponseReader, own_pair: Pair):
    options = encryption(own_pair, "http://www.w3.org/2009/xmlenc11#aes256-gcm")
    keyless = ResponseReader(reader.audience, reader.certificates)
    assert code_of(keyless, idp.response(ALICE, **options)) == "saml_encrypted"


@pytest.mark.parametrize("name", WRAPPINGS)
def test_signature_wrapping_is_refused(idp: SamlIdp, reader: ResponseReader, name: str):
    response = idp.response(ALICE, signResponse=True)
    assert reader.read(encoded(response), now()).email == ALICE
    attack = forged(response, WRAPPINGS[name])
    assert b"mallory@x.org" in attack
    assert code_of(reader, attack) == "saml_malformed"


def test_wrapping_is_refused_by_the_signature_also_where_the_shape_would_pass(
    idp: SamlIdp, reader: ResponseReader
):
    attack = idp.response(ALICE).replace(b"alice@", b"mallory@")
    assert code_of(reader, attack) == "saml_signature"


def test_a_signed_response_is_not_enough(idp: SamlIdp, reader: ResponseReader):
    response = idp.response(ALICE, signAssertion=False, signResponse=True)
    assert code_of(reader, response) == "saml_unsigned"
    assert code_of(reader, idp.response(ALICE, signAssertion=False)) == "saml_unsigned"


def test_a_response_that_was_changed_around_a_signed_assertion_is_refused(
    idp: SamlIdp, reader: ResponseReader
):
    response = idp.response(ALICE, signResponse=True)
    changed = response.replace(b"_request", b"").replace(
        b"<samlp:Status>", b"<samlp:Extensions/><samlp:Status>"
    )
    assert code_of(reader, changed) == "saml_signature"


@pytest.mark.parametrize(
    "options", [{"signatureAlgorithm": "rsa-sha1"}, {"digestAlgorithm": "sha1"}]
)
def test_sha1_is_refused(idp: SamlIdp, reader: ResponseReader, options: dict[str, str]):
    assert code_of(reader, idp.response(ALICE, **options)) == "saml_signature"


def test_a_key_that_comes_with_the_response_is_not_believed(idp: SamlIdp, reader: ResponseReader):
    mallory = Pair.new()
    response = idp.response(ALICE, key=mallory.key, cert=mallory.certificate)
    assert code_of(reader, response) == "saml_signature"
    # Nor when the certificate beside the signature is the right one.
    response = idp.response(ALICE, key=mallory.key, cert=idp.pair.certificate)
    assert code_of(reader, response) == "saml_signature"


def test_a_signature_by_a_shared_secret_is_refused(idp: SamlIdp, reader: ResponseReader):
    response = idp.response(ALICE).replace(b"xmldsig-more#rsa-sha256", b"xmldsig-more#hmac-sha256")
    assert code_of(reader, response) == "saml_signature"


def test_other_transforms_are_refused(idp: SamlIdp, reader: ResponseReader):
    enveloped = b"http://www.w3.org/2000/09/xmldsig#enveloped-signature"
    for other in (
        b"http://www.w3.org/TR/1999/REC-xpath-19991116",
        b"http://www.w3.org/TR/1999/REC-xslt-19991116",
        b"http://www.w3.org/2000/09/xmldsig#base64",
    ):
        assert code_of(reader, idp.response(ALICE).replace(enveloped, other)) == "saml_malformed"


def test_a_comment_does_not_shorten_a_name(idp: SamlIdp, reader: ResponseReader):
    response = idp.response("alice@example.com.mallory.org")
    for split in (b"<!---->", b"<?x?>", b"<![CDATA[]]>"):
        attack = response.replace(b"alice@example.com.", b"alice@example.com" + split + b".")
        assert attack != response
        assert code_of(reader, attack) == "saml_malformed"


BOMBS = {
    "external entity": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "parameter entity": '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
    "external DTD": '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">',
    "billion laughs": '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY x "&a;&a;&a;&a;">]>',
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
def test_document_types_and_entities_are_refused(
    idp: SamlIdp, reader: ResponseReader, name: str, encoding: str
):
    text = idp.response(ALICE).decode().replace("alice@", "&x;@")
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{BOMBS[name]}{text}'
    assert code_of(reader, declared.encode(encoding)) == "saml_malformed"


@pytest.mark.parametrize(
    "attack",
    [b"", b"not XML", b"<a/>", b"<" * 9999, b"<a>" * 5000, b"\xff\xfe", b" " * 300_000],
)
def test_what_is_no_response_is_refused(reader: ResponseReader, attack: bytes):
    assert code_of(reader, attack) == "saml_malformed"


def test_letters_that_are_no_base64_are_refused(reader: ResponseReader):
    for text in ("!!!", "a", "é", "A" * 400_000):
        with pytest.raises(LoginFailed) as refused:
            reader.read(text, now())
        assert refused.value.code == "saml_malformed"


OTHERS = {
    "saml_audience": {"audience": "https://another.example"},
    "saml_recipient": {"recipient": "https://another.example/acs"},
    "saml_destination": {"destination": "https://another.example/acs"},
    "saml_issuer": {"issuer": "https://another.example"},
}


@pytest.mark.parametrize("code", OTHERS)
def test_an_answer_for_somebody_else_is_refused(idp: SamlIdp, reader: ResponseReader, code: str):
    assert code_of(reader, idp.response(ALICE, **OTHERS[code])) == code


def test_only_its_own_time_counts_with_two_minutes_of_skew(idp: SamlIdp, reader: ResponseReader):
    begun, response = now(), idp.response(ALICE, lifetimeInSeconds=60)
    reader.read(encoded(response), begun + 60_000 + SKEW_MS - 5_000)
    assert code_of(reader, response, begun + 60_000 + SKEW_MS + 5_000) == "saml_time"
    reader.read(encoded(response), begun - SKEW_MS + 5_000)
    assert code_of(reader, response, begun - SKEW_MS - 5_000) == "saml_time"


def test_an_answer_that_ended_before_it_came_is_refused(idp: SamlIdp, reader: ResponseReader):
    assert code_of(reader, idp.response(ALICE, lifetimeInSeconds=-3600)) == "saml_time"


def test_a_certificate_that_ran_out_is_said(idp: SamlIdp, audience: Audience, programs: Path):
    old = Pair.new(days=-1)
    certificate = x509.load_pem_x509_certificate(old.certificate.encode())
    reader = ResponseReader(audience, [certificate])
    response = idp.response(ALICE, key=old.key, cert=old.certificate)
    assert code_of(reader, response) == "saml_certificate"


def test_a_provider_that_says_no_is_believed(idp: SamlIdp, reader: ResponseReader):
    status = "urn:oasis:names:tc:SAML:2.0:status:Responder"
    assert code_of(reader, idp.response(ALICE, samlStatusCode=status)) == "denied"


def test_the_envelope_cannot_name_another_request(
    idp: SamlIdp, reader: ResponseReader, audience: Audience
):
    url = request_url(f"{idp.url}/sso", audience, "_request-1", now(), None)
    root = etree.fromstring(idp.response(ALICE, url))
    root.set("InResponseTo", "_request-2")
    assert code_of(reader, etree.tostring(root)) == "saml_malformed"
    del root.attrib["InResponseTo"]
    assert reader.read(encoded(etree.tostring(root)), now()).in_response_to == "_request-1"


def test_signed_parts_that_are_missing_are_missed(idp: SamlIdp, reader: ResponseReader):
    for path in ("saml:Subject", "saml:Conditions", "saml:AuthnStatement"):
        root = etree.fromstring(idp.response(ALICE))
        assertion = one(root, "saml:Assertion")
        assertion.remove(one(assertion, path))
        assert code_of(reader, etree.tostring(root)) == "saml_signature"
