"""Identity providers that are not Loom's code, each a process of its own on this machine."""

import json
import re
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from tests.identity.npm import NODE


@contextmanager
def running(folder: Path, script: str, **settings: Any) -> Iterator[str]:
    """The address of `script`, started with these settings."""
    with (folder / f"{script}.log").open("a") as log:
        process = subprocess.Popen(
            (NODE, script, json.dumps(settings)),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Pair:
    """A private key and its self-signed certificate, as PEM."""

    key: str
    certificate: str

    @property
    def public(self) -> str:
        """The public key alone."""
        certificate = x509.load_pem_x509_certificate(self.certificate.encode())
        form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return certificate.public_key().public_bytes(*form).decode()

    @classmethod
    def new(cls, *, days: int = 3, bits: int = 2048) -> "Pair":
        """One that is valid from yesterday and for `days` more."""
        key = rsa.generate_private_key(65537, bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=5))
            .not_valid_after(now + timedelta(days=days))
            .sign(key, SHA256())
        )
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(
            key.private_bytes(*form).decode(), certificate.public_bytes(Encoding.PEM).decode()
        )


@dataclass(frozen=True)
class SamlIdp:
    """Auth0's samlp, running; `pair` signs."""

    url: str
    pair: Pair

    @property
    def issuer(self) -> str:
        return f"{self.url}/metadata"

    def metadata(self) -> bytes:
        with urlopen(self.issuer) as answer:
            return bytes(answer.read())

    def rotate(self, pair: Pair) -> None:
        """Signs by another key from now on, and says so in its metadata."""
        body = json.dumps({"key": pair.key, "cert": pair.certificate}).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self.url}/rotate", body, headers)):
            pass

    def response(self, email: str, request: str = "", **options: Any) -> bytes:
        """What it posts for `email`. `request` is our redirect's URL; `options` are samlp's own."""
        query = urlencode({"user": email, "options": json.dumps(options)})
        start = f"{request}&" if request else f"{self.url}/sso?"
        with urlopen(start + query) as answer:
            page = answer.read().decode()
        (value,) = re.findall(r'name="SAMLResponse"\s+value="([^"]*)"', page)
        return b64decode(unescape(value))


def encoded(response: bytes) -> str:
    """As the form carries it."""
    return b64encode(response).decode()
