"""Metadata (SAML metadata §2.4): what an identity provider says of itself, and what we say."""

from base64 import b64decode, b64encode
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from loom.core.errors import ConfigError
from loom.server.login.failures import LoginFailed
from loom.server.login.saml.conditions import Audience
from loom.server.login.saml.document import Element, parsed, text_of
from loom.server.login.saml.names import DS, MD, POST, REDIRECT, SAMLP, ds, md

_MINIMUM_BITS = 2048
_HINT = "Download the metadata of the application in the identity provider again."


@dataclass(frozen=True)
class IdentityProvider:
    """Whom we believe."""

    entity_id: str
    sso_url: str
    certificates: tuple[x509.Certificate, ...]


def identity_provider(document: bytes) -> IdentityProvider:
    """What metadata says of an identity provider.

    Raises:
        ConfigError: it is not the metadata of exactly one, or it lacks what is needed.
    """
    try:
        root = parsed(document)
        descriptor, services = root.find(md("IDPSSODescriptor")), _services(root)
        certificates = tuple(
            strong(x509.load_der_x509_certificate(b64decode("".join(text_of(each).split()))))
            for each in _signing_certificates(descriptor)
        )
    except (LoginFailed, ValueError) as error:
        reason = error.detail if isinstance(error, LoginFailed) else error
        raise ConfigError(f"the identity provider's metadata: {reason}", _HINT) from error
    entity_id = str(root.get("entityID", ""))
    is_complete = root.tag == md("EntityDescriptor") and entity_id and services and certificates
    if not is_complete:
        raise ConfigError(
            "the identity provider's metadata lacks its entity id, a signing certificate or a"
            " sign-on service by HTTP-Redirect",
            _HINT,
        )
    return IdentityProvider(entity_id, services[0], certificates)


def strong(certificate: x509.Certificate) -> x509.Certificate:
    """`certificate`, if its key is worth believing. Raises ConfigError when it is not."""
    key = certificate.public_key()
    is_rsa = isinstance(key, RSAPublicKey) and key.key_size >= _MINIMUM_BITS
    if not is_rsa and not isinstance(key, EllipticCurvePublicKey):
        raise ConfigError(
            "the identity provider's certificate has a key that is too weak",
            f"Let it use RSA with at least {_MINIMUM_BITS} bits, or an elliptic curve.",
        )
    return certificate


def _services(root: Element) -> list[str]:
    path = f"{md('IDPSSODescriptor')}/{md('SingleSignOnService')}"
    return [
        str(each.get("Location"))
        for each in root.findall(path)
        if each.get("Binding") == REDIRECT and each.get("Location")
    ]


def _signing_certificates(descriptor: Element | None) -> list[Element]:
    keys = [] if descriptor is None else descriptor.findall(md("KeyDescriptor"))
    signing = (key for key in keys if key.get("use", "signing") == "signing")
    return [each for key in signing for each in key.iter(ds("X509Certificate"))]


def own_metadata(audience: Audience, certificate: x509.Certificate | None) -> bytes:
    """What the identity provider needs to know of us."""
    root = etree.Element(
        md("EntityDescriptor"), {"entityID": audience.entity_id}, nsmap={"md": MD, "ds": DS}
    )
    descriptor = etree.SubElement(
        root,
        md("SPSSODescriptor"),
        {
            "protocolSupportEnumeration": SAMLP,
            "AuthnRequestsSigned": "false" if certificate is None else "true",
            "WantAssertionsSigned": "true",
        },
    )
    if certificate is not None:
        for use in ("signing", "encryption"):
            _add_key(descriptor, use, certificate)
    etree.SubElement(
        descriptor,
        md("AssertionConsumerService"),
        {"Binding": POST, "Location": audience.acs_url, "index": "0", "isDefault": "true"},
    )
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _add_key(descriptor: Element, use: str, certificate: x509.Certificate) -> None:
    key = etree.SubElement(descriptor, md("KeyDescriptor"), {"use": use})
    data = etree.SubElement(etree.SubElement(key, ds("KeyInfo")), ds("X509Data"))
    der = certificate.public_bytes(Encoding.DER)
    etree.SubElement(data, ds("X509Certificate")).text = b64encode(der).decode()
    if use == "encryption":
        for algorithm in ("aes256-gcm", "aes128-gcm"):
            url = f"http://www.w3.org/2009/xmlenc11#{algorithm}"
            etree.SubElement(key, md("EncryptionMethod"), {"Algorithm": url})
