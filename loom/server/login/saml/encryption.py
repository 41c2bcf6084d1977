"""XML Encryption as far as it is safe: AES-GCM under RSA-OAEP.

AES-CBC is malleable and RSA 1.5 is an oracle, whatever is checked afterwards; who meets them here
is told what to choose in the identity provider. Every failure is answered alike.
"""

from base64 import b64decode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from loom.server.login.failures import LoginFailed
from loom.server.login.saml.document import (
    Element,
    malformed,
    only,
    parsed,
    require_own_signatures,
    require_unique_ids,
    text_of,
)
from loom.server.login.saml.names import DS, XENC, ds, saml, xenc

_XENC11 = "http://www.w3.org/2009/xmlenc11#"
_KEY_SIZES = {f"{_XENC11}aes128-gcm": 16, f"{_XENC11}aes256-gcm": 32}
_NONCE_SIZE = 12

_HASHES: dict[str | None, type[hashes.HashAlgorithm]] = {
    None: hashes.SHA1,
    f"{DS}sha1": hashes.SHA1,
    f"{XENC}sha256": hashes.SHA256,
    f"{XENC}sha512": hashes.SHA512,
}
_MASKS: dict[str | None, type[hashes.HashAlgorithm]] = {
    None: hashes.SHA1,
    f"{_XENC11}mgf1sha1": hashes.SHA1,
    f"{_XENC11}mgf1sha256": hashes.SHA256,
    f"{_XENC11}mgf1sha512": hashes.SHA512,
}


def decrypted(element: Element, key: RSAPrivateKey | None) -> Element:
    """The Assertion inside an EncryptedAssertion, as strictly parsed as any document.

    Raises:
        LoginFailed: there is no key for it, its algorithms are not ours, or it is no assertion.
    """
    if key is None:
        raise LoginFailed(
            "saml_encrypted",
            "the identity provider's answer is encrypted, and this server has no key for it",
            "Whoever runs this server sets private_key_file and own_certificate_file in"
            " [login.okta], or turns encryption off in the identity provider.",
        )
    data = only(element, xenc("EncryptedData"))
    if data is None:
        raise malformed("an EncryptedAssertion without EncryptedData")
    # Before the key is used for anything: an answer must not tell what a wrapped key is like.
    algorithm, wrapped = _algorithm(data), _wrapped_key(element, data)
    padding = _padding(wrapped)
    try:
        content_key = key.decrypt(_cipher_value(wrapped), padding)
        clear = _opened(data, content_key, algorithm)
    except (ValueError, InvalidTag) as error:
        raise malformed("the assertion cannot be decrypted") from error
    return _assertion(clear)


def _assertion(clear: bytes) -> Element:
    assertion = parsed(clear)
    if assertion.tag != saml("Assertion"):
        raise malformed("what was encrypted is no Assertion")
    if len(list(assertion.iter(saml("Assertion"), saml("EncryptedAssertion")))) != 1:
        raise malformed("an assertion has another inside")
    require_unique_ids(assertion)
    require_own_signatures(assertion, (assertion,))
    return assertion


def _opened(data: Element, content_key: bytes, algorithm: str) -> bytes:
    if len(content_key) != _KEY_SIZES[algorithm]:
        raise malformed("the assertion cannot be decrypted")
    sealed = _cipher_value(data)
    return AESGCM(content_key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], None)


def _algorithm(data: Element) -> str:
    method = only(data, xenc("EncryptionMethod"))
    algorithm = "" if method is None else method.get("Algorithm", "")
    if algorithm not in _KEY_SIZES:
        raise _weak(algorithm)
    return str(algorithm)


def _wrapped_key(element: Element, data: Element) -> Element:
    wrapped = list(element.iter(xenc("EncryptedKey")))
    places = (element, only(data, ds("KeyInfo")))
    if len(wrapped) != 1 or wrapped[0].getparent() not in places:
        raise malformed("the assertion is not encrypted by one key")
    return wrapped[0]


def _padding(wrapped: Element) -> OAEP:
    method = only(wrapped, xenc("EncryptionMethod"))
    algorithm = None if method is None else method.get("Algorithm")
    if method is None or algorithm not in (f"{XENC}rsa-oaep-mgf1p", f"{_XENC11}rsa-oaep"):
        raise _weak(str(algorithm))
    digest, mask = only(method, ds("DigestMethod")), only(method, f"{{{_XENC11}}}MGF")
    try:
        hashed = _HASHES[None if digest is None else digest.get("Algorithm")]
        masked = _MASKS[None if mask is None else mask.get("Algorithm")]
    except KeyError as error:
        raise _weak(str(error)) from error
    return OAEP(MGF1(masked()), hashed(), None)


def _cipher_value(element: Element) -> bytes:
    data = only(element, xenc("CipherData"))
    value = None if data is None else only(data, xenc("CipherValue"))
    try:
        return b64decode("".join(text_of(value).split()), validate=True)
    except ValueError as error:
        raise malformed("a CipherValue is not base64") from error


def _weak(algorithm: str) -> LoginFailed:
    return LoginFailed(
        "saml_encryption",
        "the identity provider encrypts in a way that this server refuses",
        "Whoever runs this server chooses AES256-GCM and RSA-OAEP in the identity provider.",
        f"refused: {algorithm}",
    )
