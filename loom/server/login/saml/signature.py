"""XML Signature as SAML uses it (SAML core §5.4): one reference, to the element around it.

signxml checks the cryptography and gives back the canonical bytes that it hashed, parsed anew;
the rest here holds it to SAML's profile. Keys that come with the document are never looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidCertificate, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from loom.server.login.failures import LoginFailed
from loom.server.login.saml.document import Element, malformed, only
from loom.server.login.saml.names import DS, ds

_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = f"{DS}enveloped-signature"

_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


@dataclass(frozen=True)
class Verifier:
    """Believes these certificates and nothing that a document says of itself."""

    certificates: Sequence[x509.Certificate]
    now_ms: int

    def signed(self, element: Element) -> Element:
        """What the signature directly below `element` covers: `element`, from the hashed bytes.

        Raises:
            LoginFailed: there is no signature, it covers something else, it uses what is too weak,
                or none of the certificates' keys made it.
        """
        signature = only(element, ds("Signature"))
        if signature is None:
            raise _unsigned()
        _require_profile(signature, element)
        failures = []
        for certificate in self.certificates:
            try:
                return self._verified(element, certificate)
            except (SignXMLException, etree.DocumentInvalid, ValueError, KeyError) as error:
                failures.append(error)
        raise _failed(failures)

    def _verified(self, element: Element, certificate: x509.Certificate) -> Element:
        result: Any = XMLVerifier().verify(
            etree.tostring(element, with_tail=False),
            x509_cert=certificate,
            expect_config=SignatureConfiguration(
                location="./",
                signature_methods=_METHODS,
                digest_algorithms=_DIGESTS,
                verification_time=datetime.fromtimestamp(self.now_ms / 1000, UTC),
            ),
        )
        signed: Element | None = result.signed_xml
        if signed is None or (signed.tag, signed.get("ID")) != (element.tag, element.get("ID")):
            raise malformed("the signature covers another element")
        return signed


def _require_profile(signature: Element, element: Element) -> None:
    info = only(signature, ds("SignedInfo"))
    reference = None if info is None else only(info, ds("Reference"))
    if info is None or reference is None:
        raise malformed("the signature has not exactly one reference")
    if not element.get("ID") or reference.get("URI") != f"#{element.get('ID')}":
        raise malformed("the signature's reference is not to the element around it")
    canonical = only(info, ds("CanonicalizationMethod"))
    if canonical is None or canonical.get("Algorithm") != _EXCLUSIVE:
        raise malformed("the signature is canonicalized in another way than exclusively")
    transforms = [each.get("Algorithm") for each in reference.iter(ds("Transform"))]
    if transforms != [_ENVELOPED, _EXCLUSIVE]:
        raise malformed("the signature has other transforms than enveloped and exclusive")


def _unsigned() -> LoginFailed:
    return LoginFailed(
        "saml_unsigned",
        "the identity provider's answer is not signed where it must be",
        "Whoever runs this server turns on assertion signing in the identity provider.",
        "the assertion has no signature of its own",
    )


def _failed(failures: Sequence[Exception]) -> LoginFailed:
    detail = "; ".join(f"{type(each).__name__}: {each}" for each in failures)[:500]
    if failures and all(isinstance(each, InvalidCertificate) for each in failures):
        return LoginFailed(
            "saml_certificate",
            "the identity provider's certificate, as this server knows it, is not valid now",
            "Whoever runs this server gives it the identity provider's new certificate"
            " ([login.okta] in its settings).",
            detail,
        )
    return LoginFailed(
        "saml_signature",
        "the signature of the identity provider's answer is not right",
        "Whoever runs this server compares the certificate in [login.okta] with the identity"
        " provider's; signatures with SHA-1 are refused.",
        detail,
    )
