"""ID tokens (OpenID Connect Core §3.1.3.7), verified by joserfc and Authlib."""

from collections.abc import Callable, Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from loom.server.login.failures import LoginFailed
from loom.server.login.outside import Outside, unreachable

ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Signatures by a private key that only the provider has: neither `none` nor a shared secret."""

LEEWAY = 120
"""Seconds that the provider's clock may be from ours."""

ASK_AGAIN_AFTER_MS = 30_000
"""Between two questions for keys: a stranger's tokens make us ask no more often."""


class Keys:
    """A provider's public keys; asked for again when a token was signed by a newer one.

    Args:
        clock: Unix milliseconds.
    """

    def __init__(self, outside: Outside, url: str, clock: Callable[[], int]) -> None:
        self._outside = outside
        self._url = url
        self._clock = clock
        self._keys: KeySet | None = None
        self._asked_at = 0

    async def verified(self, token: str) -> jwt.Token:
        """The token, if one of the keys signed it. Raises JoseError when none did."""
        if self._keys is None:
            self._keys = await self._asked()
        try:
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            if self._clock() - self._asked_at < ASK_AGAIN_AFTER_MS:
                raise error
        self._keys = await self._asked()
        return jwt.decode(token, self._keys, algorithms=ALGORITHMS)

    async def _asked(self) -> KeySet:
        self._asked_at = self._clock()
        try:
            return KeySet.import_key_set(await self._outside.json(self._url))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise unreachable(self._url, "not a set of keys") from error


async def claims(
    answer: Mapping[str, Any], keys: Keys, *, issuer: str, client_id: str, nonce: str, now: int
) -> Mapping[str, Any]:
    """The ID token's claims.

    Args:
        answer: the token response.
        now: Unix seconds.

    Raises:
        LoginFailed: there is none, or it is not the provider's, for us, now and for this sign-in.
    """
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise _not_believed("the token response has no id_token")
    try:
        decoded = await keys.verified(token)
        found = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
            },
            params={
                "nonce": nonce,
                "client_id": client_id,
                "access_token": answer.get("access_token"),
            },
        )
        found.validate(now=now, leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise _not_believed(f"{type(error).__name__}: {error}"[:300]) from error
    if not isinstance(found.get("sub"), str) or not found["sub"]:
        raise _not_believed("no sub")
    return dict(found)


def _not_believed(detail: str) -> LoginFailed:
    return LoginFailed(
        "id_token",
        "the identity provider's answer is not one that Loom believes",
        "Sign in again. When this comes again, the clock of this server or the client id in its"
        " settings is wrong.",
        detail,
    )
