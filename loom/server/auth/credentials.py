"""Credentials: 256 random bits each, told once, kept as SHA-256.

A deterministic hash is found by an index; with 256 random bits there is nothing for a slow hash to
protect (catalog §8.2).
"""

import hashlib
import secrets
from typing import Literal

from loom.secrets import Secret

COOKIE = "loom_session"
"""Over TLS `__Host-loom_session`."""

LOGIN_LIFETIME_MS = 60 * 24 * 3600 * 1000
"""A LoginSession ends this long after its last use."""

Prefix = Literal["lt_", "lk_", ""]


def new_credential(prefix: Prefix = "") -> Secret:
    """`lt_` for an access token, `lk_` for an API key, nothing for a cookie: 64 hex digits each."""
    return Secret(prefix + secrets.token_hex(32))


def hashed(credential: str) -> bytes:
    """What is stored, and looked up by."""
    return hashlib.sha256(credential.encode("utf-8", "surrogateescape")).digest()
