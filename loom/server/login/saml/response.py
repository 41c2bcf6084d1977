"""From what came by the browser to an Assertion: shape, signatures, decryption, conditions."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from loom.server.login.failures import LoginFailed
from loom.server.login.saml import conditions
from loom.server.login.saml.conditions import Assertion, Audience
from loom.server.login.saml.document import (
    Element,
    malformed,
    only,
    parsed,
    require_plain_response,
    text_of,
)
from loom.server.login.saml.encryption import decrypted
from loom.server.login.saml.names import SUCCESS, ds, saml, samlp
from loom.server.login.saml.signature import Verifier

MAX_ENCODED = 350_000
"""Letters of base64: more than the largest document that is parsed."""


@dataclass(frozen=True)
class ResponseReader:
    """Reads the responses of one identity provider.

    Args:
        certificates: the provider's; a signature by any of them counts.
        key: ours, for assertions that come encrypted.
    """

    audience: Audience
    certificates: Sequence[x509.Certificate]
    key: RSAPrivateKey | None = None

    def read(self, encoded: str, now_ms: int) -> Assertion:
        """What the form's SAMLResponse says. Raises LoginFailed when it is not to be believed.

        Whether it answers a request of ours and whether it comes again is the caller's to find out.
        """
        root = parsed(_decoded(encoded))
        _require_success(root)
        element = require_plain_response(root)
        self._require_envelope(root)
        verifier = Verifier(self.certificates, now_ms)
        if only(root, ds("Signature")) is not None:
            verifier.signed(root)
        if element.tag == saml("EncryptedAssertion"):
            element = decrypted(element, self.key)
        assertion = conditions.checked(verifier.signed(element), self.audience, now_ms)
        if root.get("InResponseTo", "") not in ("", assertion.in_response_to):
            raise malformed("the Response and its assertion answer different requests")
        return assertion

    def _require_envelope(self, root: Element) -> None:
        if root.get("Version") != "2.0":
            raise malformed("it is not a Response of SAML 2.0")
        if root.get("Destination", self.audience.acs_url) != self.audience.acs_url:
            raise LoginFailed(
                "saml_destination",
                "the identity provider's answer was meant for another address",
                "Whoever runs this server compares the address in the identity provider with the"
                " one at /auth/okta/metadata.",
                f"Destination {root.get('Destination')}",
            )
        issuer = only(root, saml("Issuer"))
        if issuer is not None and text_of(issuer) != self.audience.issuer:
            raise LoginFailed(
                "saml_issuer",
                "this answer is not from the identity provider that this server knows",
                "Whoever runs this server compares the issuer in [login.okta] with the identity"
                " provider's.",
                f"Issuer {text_of(issuer)}",
            )


def _require_success(root: Element) -> None:
    status = only(root, samlp("Status"))
    code = None if status is None else only(status, samlp("StatusCode"))
    if status is None or code is None:
        raise malformed("it has no status")
    if code.get("Value") != SUCCESS:
        message = text_of(only(status, samlp("StatusMessage")))
        raise LoginFailed(
            "denied",
            "the identity provider did not sign you in",
            "Sign in again, or ask whoever runs the identity provider whether you are assigned to"
            " this application.",
            f"{code.get('Value')} {message}"[:300],
        )


def _decoded(encoded: str) -> bytes:
    if len(encoded) > MAX_ENCODED:
        raise malformed("it is too large")
    try:
        return b64decode("".join(encoded.split()), validate=True)
    except ValueError as error:
        raise malformed("it is not base64") from error
