"""Who may do what: the one function that decides, over attributes of caller and thing.

Source: catalog §8.5. A thing that the caller may not even read is answered as if it were not there
(404), so that nobody can find out what exists; what may be read but not done is a 403.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from loom.server.errors import Refused
from loom.server.principal import Principal

Action = Literal["read", "write", "delete", "share", "use", "manage"]
ResourceKind = Literal["thread", "organization", "team", "user", "api_key", "llm", "tool", "server"]
Visibility = Literal["private", "team", "organization", "public"]


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on; ids are empty where there is none.

    Attributes:
        is_shared_with_support: now, that is within its days.
        label: what it is called in a refusal.
    """

    kind: ResourceKind
    id: str = ""
    owner_id: str = ""
    org_id: str = ""
    team_id: str = ""
    visibility: Visibility = "private"
    is_shared_with_support: bool = False

    @property
    def label(self) -> str:
        """As people call it: `thread T-…`."""
        return f"{self.kind.replace('_', ' ')} {self.id}".rstrip()


Rule = Callable[[Principal, Action, Resource], bool]


def authorize(principal: Principal, action: Action, resource: Resource) -> bool:
    """Whether `principal` may do `action` to `resource`."""
    if principal.is_system_admin:
        return True
    if action == "read" and "auditor" in principal.global_roles:
        return True
    return _RULES[resource.kind](principal, action, resource)


def require(principal: Principal, action: Action, resource: Resource) -> None:
    """Raises Refused when `principal` may not: 404 for what it may not even read, else 403."""
    if authorize(principal, action, resource):
        return
    if action != "read" and authorize(principal, "read", resource):
        raise Refused(403, "forbidden", f"you may not {action} {resource.label}")
    raise not_there(resource)


def not_there(resource: Resource) -> Refused:
    """The one answer for what is missing and for what is hidden."""
    return Refused(404, "not_found", f"there is no {resource.label}")


def _thread(principal: Principal, action: Action, resource: Resource) -> bool:
    if principal.user_id and principal.user_id == resource.owner_id:
        return True
    if action == "share":
        return False
    if action in ("write", "delete", "manage"):
        return _is_org_admin(principal, resource.org_id) and resource.visibility != "private"
    return _is_visible(principal, resource)


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
    if action == "delete":
        return principal.org_roles.get(resource.id) == "owner"
    return resource.id in principal.org_roles or (
        action == "read" and resource.visibility == "public"
    )


def _team(principal: Principal, action: Action, resource: Resource) -> bool:
    if action == "read":
        return resource.org_id in principal.org_roles
    is_maintainer = principal.team_roles.get(resource.id) == "maintainer"
    return is_maintainer or _is_org_admin(principal, resource.org_id)


def _user(principal: Principal, action: Action, resource: Resource) -> bool:
    return bool(principal.user_id) and principal.user_id == resource.id


def _api_key(principal: Principal, action: Action, resource: Resource) -> bool:
    return principal.scopes is None and _is_org_admin(principal, resource.org_id)


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
    "api_key": _api_key,
    "llm": _use,
    "tool": _use,
    "server": _nobody,
}
