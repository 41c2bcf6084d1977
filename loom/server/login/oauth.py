"""The authorization code flow (RFC 6749 §4.1), always with PKCE (RFC 7636, S256) and state.

What GitHub and Google have in common; Authlib writes the requests.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from loom.secrets import Secret
from loom.server.login.departure import Departure
from loom.server.login.failures import LoginFailed
from loom.server.login.login_states import Kept
from loom.server.login.outside import Outside, unreachable


def departure(
    authorization_url: str, client_id: str, redirect_uri: str, scope: str, **extra: str
) -> Departure:
    """A way to the provider that nobody else can finish."""
    state, code_verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    url: str = prepare_grant_uri(
        authorization_url,
        client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=scope,
        state=state,
        code_challenge=create_s256_code_challenge(code_verifier),
        code_challenge_method="S256",
        **extra,
    )
    return Departure(url, state, extra.get("nonce", ""), code_verifier)


def code_in(query: Mapping[str, str], issuer: str, *, is_said: bool = False) -> str:
    """The code that came back with the person.

    Args:
        issuer: what `iss` must say where it is given (RFC 9207: no mix-up of two providers).
        is_said: the provider gives it always.

    Raises:
        LoginFailed: the person or the provider said no, or another provider answered.
    """
    if query.get("iss", "" if is_said else issuer) != issuer:
        raise LoginFailed(
            "wrong_issuer",
            "another identity provider answered than the one that was asked",
            "Start again from the sign-in page, and only there.",
            query.get("iss", "no iss")[:200],
        )
    if query.get("error") == "access_denied":
        raise LoginFailed(
            "denied",
            "the identity provider says that you did not agree",
            "Sign in again and agree, or choose another way.",
        )
    if "error" in query or not query.get("code"):
        raise LoginFailed(
            "provider_error",
            "the identity provider sent you back without signing you in",
            "Try again; when it stays so, whoever runs this server compares the client id and the"
            " redirect address with the identity provider's.",
            f"{query.get('error', 'no code')} {query.get('error_description', '')}"[:300],
        )
    return query["code"]


async def exchange(
    outside: Outside,
    token_url: str,
    code: str,
    kept: Kept,
    *,
    client_id: str,
    client_secret: Secret,
    redirect_uri: str,
) -> Mapping[str, Any]:
    """The provider's token response for a code.

    Raises:
        LoginFailed: the provider does not know the code, the verifier or the client, or is away.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": client_id,
        "client_secret": client_secret.expose(),
        "code_verifier": kept.code_verifier,
    }
    answer = await outside.json(token_url, form)
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        # GitHub answers 200 with an error inside.
        error = answer.get("error") if isinstance(answer, dict) else None
        raise unreachable(token_url, f"no token: {str(error)[:100]}")
    return answer
