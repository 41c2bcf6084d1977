"""AuthnRequest by the redirect binding (SAML bindings §3.4), signed where there is a key."""

import secrets
import zlib
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from loom.server.login.saml.conditions import Audience
from loom.server.login.saml.names import POST, SAML, SAMLP, SOLICITED, saml, samlp

_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def new_request_id() -> str:
    """An id that nobody guesses; XML ids begin with a letter or `_`."""
    return f"_{secrets.token_hex(32)}"


def request_url(
    sso_url: str, audience: Audience, request_id: str, now_ms: int, key: RSAPrivateKey | None
) -> str:
    """Where the browser goes to be signed in by the identity provider."""
    request = _authn_request(sso_url, audience, request_id, now_ms)
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(request) + packer.flush()
    query = urlencode({"SAMLRequest": b64encode(packed).decode(), "RelayState": SOLICITED})
    if key is not None:
        query = _signed(query, key)
    return f"{sso_url}{'&' if '?' in sso_url else '?'}{query}"


def _authn_request(sso_url: str, audience: Audience, request_id: str, now_ms: int) -> bytes:
    request = etree.Element(
        samlp("AuthnRequest"),
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": _instant(now_ms),
            "Destination": sso_url,
            "AssertionConsumerServiceURL": audience.acs_url,
            "ProtocolBinding": POST,
        },
        nsmap={"samlp": SAMLP, "saml": SAML},
    )
    etree.SubElement(request, saml("Issuer")).text = audience.entity_id
    return etree.tostring(request)


def _signed(query: str, key: RSAPrivateKey) -> str:
    # What is signed are the very letters of the query, in the binding's order.
    to_sign = f"{query}&{urlencode({'SigAlg': _RSA_SHA256})}"
    signature = key.sign(to_sign.encode(), PKCS1v15(), SHA256())
    return f"{to_sign}&{urlencode({'Signature': b64encode(signature).decode()})}"


def _instant(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
