"""For which addresses an identity provider's word counts.

Whoever administers one that is somebody's own can be anybody there. So its word counts for the
domains that the operator names, and links to no account of another.
"""

from collections.abc import Collection, Mapping
from typing import Any

from loom.server.addresses import domain_of
from loom.server.login.failures import LoginFailed

_GOOGLES = frozenset({"gmail.com", "googlemail.com"})


def require_own_address(email: str, domains: Collection[str]) -> None:
    """Raises LoginFailed: the provider does not speak for the address."""
    if domain_of(email) not in domains:
        raise LoginFailed(
            "wrong_domain",
            "the identity provider speaks for an address that is not its own",
            f"Sign in with an address of {', '.join(domains)}.",
        )


def is_googles_own(claims: Mapping[str, Any]) -> bool:
    """Whether Google has the mailbox, or the Workspace that it belongs to.

    Of any other address it knows that somebody could read it when they made their Google account,
    which may be an employer ago.
    """
    is_workspace = isinstance(claims.get("hd"), str) and bool(claims["hd"])
    return is_workspace or domain_of(str(claims.get("email") or "")) in _GOOGLES
