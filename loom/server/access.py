"""Who may do what: the one function that decides, over attributes of caller and thing.

Source: catalog §8.5. A thing that the caller may not even read is answered as if it were not there
(404), so that nobody can find out what exists; what may be read but not done is a 403.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from loom.server.errors import Refused
from loom.server.principal import Principal, PrincipalKind, Scope

Action = Literal[
    "read", "write", "delete", "share", "use", "manage", "hand_over", "impersonate", "join"
]
ResourceKind = Literal[
    "thread",
    "organization",
    "team",
    "user",
    "api_key",
    "invitation",
    "join_request",
    "llm",
    "tool",
    "server",
]
Visibility = Literal["private", "team", "organization", "public"]


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on; ids are empty where there is none.

    Attributes:
        member_of: a user's organizations, those for one person apart.
        is_shared_with_support: now, that is within its days.
        is_admin: a user who is system_admin.
        asked: what the caller called it, when not by its id: a refusal tells nothing else.
    """

    kind: ResourceKind
    id: str = ""
    owner_id: str = ""
    org_id: str = ""
    team_id: str = ""
    visibility: Visibility = "private"
    is_shared_with_support: bool = False
    member_of: frozenset[str] = frozenset()
    is_admin: bool = False
    asked: str = ""

    @property
    def label(self) -> str:
        """As people call it: `thread T-…`."""
        return f"{self.kind.replace('_', ' ')} {self.asked or self.id}".rstrip()


class Denied(Refused):
    """`authorize` said no, or there is no such thing: to the caller, and to the audit, the same."""

    def __init__(
        self, status: int, message: str, action: Action, resource: Resource, hint: str = ""
    ) -> None:
        super().__init__(status, "not_found" if status == 404 else "forbidden", message, hint)
        self.action = action
        self.resource = f"{resource.kind}:{resource.asked or resource.id}"


Rule = Callable[[Principal, Action, Resource], bool]


def authorize(principal: Principal, action: Action, resource: Resource) -> bool:
    """Whether `principal` may do `action` to `resource`."""
    if action == "impersonate":
        return _impersonate(principal, resource)
    if principal.is_system_admin:
        return True
    if principal.is_impersonating and action not in ("read", "write", "delete", "use"):
        return False
    if principal.kind is PrincipalKind.API_KEY and not _is_in_scope(principal, action, resource):
        return False
    if action == "read" and "auditor" in principal.global_roles:
        return True
    return _RULES[resource.kind](principal, action, resource)


def require(principal: Principal, action: Action, resource: Resource) -> None:
    """Raises Refused when `principal` may not: 404 for what it may not even read, else 403."""
    if authorize(principal, action, resource):
        return
    if action != "read" and authorize(principal, "read", resource):
        words = f"you may not {action.replace('_', ' ')} {resource.label}"
        raise Denied(403, words, action, resource)
    raise not_there(resource, action)


def not_there(resource: Resource, action: Action = "read", hint: str = "") -> Denied:
    """The one answer for what is missing and for what is hidden."""
    return Denied(404, f"there is no {resource.label}", action, resource, hint)


_SCOPE_OF: Mapping[tuple[ResourceKind, Action], Scope | None] = {
    ("thread", "read"): "threads:read",
    ("thread", "write"): "threads:write",
    ("thread", "delete"): "threads:delete",
    ("llm", "use"): "llm:use",
    ("tool", "use"): "tools:use",
    ("organization", "read"): None,
    ("organization", "use"): None,
}
"""All that API keys may do, and the scope that it takes."""


def _is_in_scope(principal: Principal, action: Action, resource: Resource) -> bool:
    if (resource.kind, action) not in _SCOPE_OF:
        return False
    scope = _SCOPE_OF[resource.kind, action]
    if scope is not None and scope not in (principal.scopes or ()):
        return False
    is_public = action == "read" and resource.visibility == "public"
    return (
        is_public
        or resource.kind in ("llm", "tool", "organization")
        or (
            # What its maker has elsewhere is none of the key's.
            resource.org_id == principal.org_id
        )
    )


def _impersonate(principal: Principal, resource: Resource) -> bool:
    """A person who is an admin, as a person who is none; the operator is nobody to be named."""
    is_admin = principal.kind is PrincipalKind.USER and principal.is_system_admin
    return is_admin and resource.kind == "user" and not resource.is_admin


def _thread(principal: Principal, action: Action, resource: Resource) -> bool:
    if principal.user_id and principal.user_id == resource.owner_id:
        return True
    if action == "share":
        return False
    if action in ("write", "delete", "manage"):
        return _is_org_admin(principal, resource.org_id) and resource.visibility != "private"
    return action == "read" and _is_visible(principal, resource)


def _is_visible(principal: Principal, resource: Resource) -> bool:
    if resource.is_shared_with_support and "support" in principal.global_roles:
        return True
    if resource.visibility == "public":
        return True
    if resource.visibility == "organization":
        return resource.org_id in principal.org_roles
    if resource.visibility == "team":
        return resource.team_id in principal.team_roles or _is_org_admin(principal, resource.org_id)
    return False


def _organization(principal: Principal, action: Action, resource: Resource) -> bool:
    if action == "manage":
        return _is_org_admin(principal, resource.id)
    if action in ("delete", "hand_over"):
        return principal.org_roles.get(resource.id) == "owner"
    if action in ("read", "use") and resource.id in principal.org_roles:
        return True
    is_open = resource.visibility == "public"
    return is_open and (action == "read" or (action == "join" and bool(principal.user_id)))


def _team(principal: Principal, action: Action, resource: Resource) -> bool:
    if action == "read":
        return resource.org_id in principal.org_roles
    if action == "delete":
        return _is_org_admin(principal, resource.org_id)
    is_maintainer = principal.team_roles.get(resource.id) == "maintainer"
    return is_maintainer or _is_org_admin(principal, resource.org_id)


def _user(principal: Principal, action: Action, resource: Resource) -> bool:
    if action == "read" and not resource.member_of.isdisjoint(principal.org_roles):
        return True
    return bool(principal.user_id) and principal.user_id == resource.id


def _of_org(principal: Principal, action: Action, resource: Resource) -> bool:
    return _is_org_admin(principal, resource.org_id)


def _use(principal: Principal, action: Action, resource: Resource) -> bool:
    return action == "use" and principal.is_signed_in


def _nobody(principal: Principal, action: Action, resource: Resource) -> bool:
    return False


def _is_org_admin(principal: Principal, org_id: str) -> bool:
    return principal.org_roles.get(org_id) in ("owner", "admin")


_RULES: Mapping[ResourceKind, Rule] = {
    "thread": _thread,
    "organization": _organization,
    "team": _team,
    "user": _user,
    "api_key": _of_org,
    "invitation": _of_org,
    "join_request": _of_org,
    "llm": _use,
    "tool": _use,
    "server": _nobody,
}
