"""Principal: who is calling, and what they are a part of.

It is made once for a request by `loom.server.auth.authenticator` and never changes; what it may do
is decided by `loom.server.access` alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Literal

OrgRole = Literal["owner", "admin", "member"]
TeamRole = Literal["maintainer", "member"]
GlobalRole = Literal["system_admin", "support", "auditor"]
Scope = Literal["threads:read", "threads:write", "threads:delete", "llm:use", "tools:use"]

SCOPES: tuple[Scope, ...] = (
    "threads:read",
    "threads:write",
    "threads:delete",
    "llm:use",
    "tools:use",
)


class PrincipalKind(Enum):
    """What kind of credential was shown."""

    ANONYMOUS = "anonymous"
    USER = "user"
    API_KEY = "api_key"
    OPERATOR = "operator"
    """The server's own token: whoever runs the server, or the app that brought it along."""
    WEAVER = "weaver"


@dataclass(frozen=True)
class Principal:
    """Who is calling.

    Attributes:
        user_id: whose things these are; empty for the operator, a weaver and strangers. For an
            API key it is who made the key.
        actor_id: the person who really acts: another than `user_id` while impersonating.
        org_roles: by organization id. An API key has only its own organization, as a member.
        team_roles: by team id.
        scopes: what a credential is limited to; None for all that the user may do.
        org_id: who owns and pays for what is made, unless the request names another.
        credential_id: the LoginSession's or API key's id.
        is_cookie: a browser sent the credential by itself, so that a write needs more proof.
    """

    kind: PrincipalKind = PrincipalKind.ANONYMOUS
    user_id: str = ""
    actor_id: str = ""
    email: str = ""
    name: str = ""
    org_roles: Mapping[str, OrgRole] = field(default_factory=dict)
    team_roles: Mapping[str, TeamRole] = field(default_factory=dict)
    global_roles: frozenset[GlobalRole] = frozenset()
    scopes: frozenset[Scope] | None = None
    org_id: str = ""
    credential_id: str = ""
    is_cookie: bool = False

    @cached_property
    def is_operator(self) -> bool:
        """The server's own token was shown."""
        return self.kind is PrincipalKind.OPERATOR

    @cached_property
    def is_signed_in(self) -> bool:
        """Anybody but a stranger; not a weaver, whose doors are its own."""
        return self.kind in (PrincipalKind.USER, PrincipalKind.API_KEY, PrincipalKind.OPERATOR)

    @cached_property
    def is_impersonating(self) -> bool:
        """An admin acts as somebody else, whose LoginSession this is not."""
        return bool(self.actor_id) and self.actor_id != self.user_id

    @cached_property
    def is_system_admin(self) -> bool:
        """May do everything: a person with the role, or the operator."""
        has_role = "system_admin" in self.global_roles and not self.is_impersonating
        return self.is_operator or has_role


STRANGER = Principal()
OPERATOR = Principal(PrincipalKind.OPERATOR, name="operator")
