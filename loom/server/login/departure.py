"""The way to an identity provider."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and what must be kept until the person is back.

    Attributes:
        state: comes back with the person: OAuth's `state`, SAML's request id. 256 random bits.
    """

    url: str
    state: str
    nonce: str = ""
    code_verifier: str = ""
