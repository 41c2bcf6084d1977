"""How each route is called by the matrix, and whom it is for.

A route needs a row only where the defaults below do not fit:

    "POST /api/things/{thing}": Case(json={"name": "x"}, policy=MEMBERS),

- the body is `{}` for POST, PUT and PATCH (`json`), or `body` as bytes;
- what stands for `{thing}` is made by its row in `tests/server/matrix_scene.py` (MAKERS);
- the policy follows from the class: an ADMIN route is for the roles that it names; a path with
  `{org}` is for the organization's members to read and for its admins to change; all else is for
  whoever is signed in. Whom an API key's scopes let in is known from the route.

Then write the proposal into the table, and read what it says:

    .venv/bin/python -m tests.server.matrix --write
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loom.server.pages.frame import style
from loom.server.routing import Access, Route

NOBODY = ("anonymous", "expired", "weaver", "deleted")
KEYS = ("key", "key+threads:read", "key+threads:write", "key+threads:delete", "key+llm:use")
KEYS += ("key+tools:use",)
IN_ORG = ("member", "maintainer", "org_admin", "org_owner", "impersonating")
ABOVE = ("support", "auditor", "system_admin", "operator")
PEOPLE = ("stranger", *IN_ORG, *ABOVE)
KINDS = (*NOBODY, *PEOPLE, *KEYS)
"""Every kind of principal. `impersonating` is an admin in the place of the organization's owner."""


@dataclass(frozen=True)
class Policy:
    """Who may; who may not, but is told so (403). From all others the thing is hidden (404)."""

    may: tuple[str, ...]
    sees: tuple[str, ...] = ()

    def answer(self, kind: str) -> str:
        """What a person of this kind is answered."""
        if kind in self.may:
            return "ok"
        return "403" if kind in self.sees else "404"


ADMINS = ("system_admin", "operator")
ANYBODY = Policy(PEOPLE)
PERSONS = Policy(tuple(kind for kind in PEOPLE if kind != "operator"), ("operator",))
"""Whoever has an account; the operator has none."""
OWN = Policy(PERSONS.may)
"""The same, where the operator has no such thing."""
MEMBERS = Policy((*IN_ORG, "auditor", *ADMINS))
ORG_ADMINS = Policy(
    ("org_admin", "org_owner", *ADMINS), ("member", "maintainer", "auditor", "impersonating")
)
OWN_ADMINS = Policy(("org_admin", "org_owner"), ORG_ADMINS.sees)
"""What people said to models is not even the server's admins' to read."""
ORG_OWNERS = Policy(("org_owner", *ADMINS), (*ORG_ADMINS.sees, "org_admin"))
THREAD_WRITERS = Policy(
    ("org_admin", "org_owner", "impersonating", *ADMINS), ("member", "maintainer", "auditor")
)
"""Of a thread that a member keeps and the organization may read."""
THREAD_OWNER = Policy(ADMINS, (*MEMBERS.may[:-2], "impersonating"))
"""Of the same thread, whose owner none of the callers is."""
MAINTAINERS = Policy((*ORG_ADMINS.may, "maintainer"), ("member", "auditor", "impersonating"))


@dataclass(frozen=True)
class Case:
    """How a route is called, where the defaults do not fit.

    Attributes:
        names: what stands in the path, instead of what MAKERS make.
        query: with the question mark.
        passes: statuses from 400 that say that the caller was let through.
        but: answers that differ from the policy's, by kind.
    """

    json: Any = None
    body: bytes | None = None
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    policy: Policy | None = None
    passes: tuple[int, ...] = ()
    but: Mapping[str, str] = field(default_factory=dict)


ASK = {
    "model": "default",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
}
# The scene's provider does not answer, and it has no search engine.
MODEL = Case(json=ASK, passes=(400, 502, 503))
SEARCH = Case(json={"query": "loom"}, passes=(503,))
LINK_TOKEN = "5e" * 24
VERSION = {"If-Match": '"1"'}

FLAG = {
    "key": "some.flag",
    "variants": [{"name": "off", "value": False}],
    "default_variant": "off",
}

CASES: Mapping[str, Case] = {
    "POST /proxy/search": SEARCH,
    "POST /proxy/cse": SEARCH,
    "POST /proxy/serper": SEARCH,
    "POST /proxy/{provider}/complete": MODEL,
    "POST /proxy/{provider}/stream": MODEL,
    "POST /proxy/anthropic/v1/messages": MODEL,
    "POST /proxy/anthropic/v1/messages/count_tokens": MODEL,
    "POST /proxy/openai/v1/chat/completions": MODEL,
    "POST /proxy/openai/v1/responses": MODEL,
    "GET /proxy/anthropic/v1/models": MODEL,
    "GET /proxy/openai/v1/models": MODEL,
    "GET /proxy/anthropic/v1/models/{model}": MODEL,
    "GET /proxy/openai/v1/models/{model}": MODEL,
    "GET /api/orgs/{org}/budgets": Case(policy=ORG_ADMINS),
    "PUT /api/orgs/{org}/budgets": Case(json={"limit_usd": 5}),
    "PUT /api/admin/budgets": Case(json={"limit_usd": 500, "is_hard": False}),
    "DELETE /api/admin/budgets/{budget}": Case(names={"budget": "{server_budget}"}),
    "GET /api/orgs/{org}/requests": Case(policy=OWN_ADMINS),
    "GET /api/orgs/{org}/requests/{kept}": Case(policy=OWN_ADMINS),
    "DELETE /api/orgs/{org}/requests": Case(policy=OWN_ADMINS),
    "DELETE /api/orgs/{org}/requests/{kept}": Case(policy=OWN_ADMINS),
    "POST /api/admin/accounts/{provider}/{account}/revive": Case(
        names={"provider": "anthropic", "account": "default"}
    ),
    "POST /api/orgs": Case(json={"name": "Looms of Leeds"}, policy=PERSONS),
    "PATCH /api/orgs/{org}": Case(json={"name": "Looms of Leeds"}),
    "DELETE /api/orgs/{org}": Case(policy=ORG_OWNERS),
    "POST /api/orgs/{org}/restore": Case(
        names={"org": "{deleted_org}"},
        policy=ORG_OWNERS,
        # A key goes with its organization.
        but=dict.fromkeys(KEYS, "401"),
    ),
    "PATCH /api/orgs/{org}/members/{user}": Case(json={"role": "admin"}),
    "POST /api/orgs/{org}/teams": Case(json={"name": "Weft"}),
    "PUT /api/orgs/{org}/teams/{team}/members/{user}": Case(
        json={"role": "maintainer"}, policy=MAINTAINERS
    ),
    "DELETE /api/orgs/{org}/teams/{team}/members/{user}": Case(policy=MAINTAINERS),
    "POST /api/orgs/{org}/invitations": Case(json={"email": "ines@example.com"}),
    "GET /api/orgs/{org}/invitations": Case(policy=ORG_ADMINS),
    "POST /api/invitations/{token}/accept": Case(policy=PERSONS),
    "POST /invitations/{token}": Case(passes=(415,)),
    "POST /api/orgs/{org}/join-requests": Case(
        names={"org": "{public_org}"}, policy=PERSONS, passes=(409,)
    ),
    "GET /api/orgs/{org}/join-requests": Case(policy=ORG_ADMINS),
    "POST /api/orgs/{org}/join-requests/{user}/approve": Case(names={"user": "{asking}"}),
    "POST /api/orgs/{org}/join-requests/{user}/reject": Case(names={"user": "{asking}"}),
    "POST /api/orgs/{org}/api-keys": Case(
        json={"name": "ci", "scopes": ["llm:use"]},
        # It would be nobody's who is in the organization.
        but=dict.fromkeys(ADMINS, "403"),
    ),
    "GET /api/orgs/{org}/api-keys": Case(policy=ORG_ADMINS),
    # No identity provider is set up in the scene.
    # The one client that the test is soon has to wait at these.
    "GET /auth/{provider}/login": Case(names={"provider": "github"}, passes=(404, 429)),
    "GET /auth/{provider}/callback": Case(names={"provider": "github"}, passes=(404, 429)),
    "POST /auth/okta/acs": Case(passes=(404, 429)),
    "GET /auth/okta/finish": Case(passes=(403, 429)),
    "GET /auth/okta/metadata": Case(passes=(404, 429)),
    "GET /account": Case(policy=OWN),
    # A form, which this is not.
    "POST /account/sessions/end-others": Case(passes=(415,)),
    "POST /account/sessions/{session}/end": Case(passes=(415,)),
    "POST /auth/restore": Case(passes=(415,)),
    "DELETE /api/sessions/{session}": Case(policy=OWN),
    "POST /auth/magic-link": Case(passes=(415,)),
    "POST /auth/magic-link/verify": Case(passes=(415,)),
    "GET /auth/magic-link/verify": Case(passes=(403, 429)),
    "POST /auth/links": Case(json={"email": "ines@example.com"}, but={"system_admin": "404"}),
    "POST /auth/device/start": Case(passes=(415, 429)),
    "POST /auth/device/poll": Case(passes=(415,)),
    "GET /device": Case(policy=PERSONS),
    "POST /device": Case(policy=PERSONS, passes=(415,)),
    "POST /device/decision": Case(policy=PERSONS, passes=(415,)),
    "GET /pages/{file}": Case(names={"file": style()[0]}),
    "PUT /api/admin/users/{user}/roles": Case(json={"roles": ["support"]}),
    "POST /api/admin/users/{user}/restore": Case(names={"user": "{deleted_user}"}),
    "POST /api/admin/users/{user}/impersonate": Case(but={"operator": "403"}),
    # Who is nobody but themselves has nothing to end.
    "DELETE /auth/impersonation": Case(passes=(409,)),
    "POST /api/users/me/delete": Case(policy=PERSONS),
    "GET /api/threads/search": Case(query="?q=loom"),
    "GET /api/threads/{thread}": Case(policy=MEMBERS),
    "PUT /api/threads/{thread}": Case(
        json={"thread": {}},
        headers=VERSION,
        policy=THREAD_WRITERS,
        # The operator could own none; to a key that may not read, all is hidden.
        but={"operator": "403", "key+threads:write": "404"},
    ),
    "PATCH /api/threads/{thread}": Case(
        json={"title": "T"},
        headers=VERSION,
        policy=THREAD_WRITERS,
        but={"key+threads:write": "404"},
    ),
    "DELETE /api/threads/{thread}": Case(
        headers=VERSION, policy=THREAD_WRITERS, but={"key+threads:delete": "404"}
    ),
    "GET /api/threads/{thread}/share": Case(policy=THREAD_OWNER),
    "POST /api/threads/{thread}/share": Case(policy=THREAD_OWNER),
    "DELETE /api/threads/{thread}/share": Case(policy=THREAD_OWNER),
    "POST /api/threads/{thread}/support-access/approve": Case(policy=THREAD_OWNER),
    "DELETE /api/threads/{thread}/support-access": Case(policy=THREAD_OWNER),
    "GET /shared/{thread}/{token}": Case(names={"thread": "{linked_thread}", "token": LINK_TOKEN}),
    "GET /api/threads/{thread}/share/{token}": Case(
        names={"thread": "{linked_thread}", "token": LINK_TOKEN}
    ),
    "GET /api/orgs/{org}/audit": Case(policy=ORG_ADMINS),
    "GET /api/flags/stream": Case(query="?seconds=0.01"),
    "PUT /api/admin/flags/{flag}": Case(json=FLAG),
    "PUT /api/orgs/{org}/flags/{flag}": Case(json=FLAG),
    "POST /api/admin/kill-switches/{switch}/activate": Case(json={"reason": "red"}),
    "POST /api/orgs/{org}/kill-switches/{switch}/activate": Case(json={"reason": "red"}),
    "POST /api/admin/kill-switches/{switch}/deactivate": Case(passes=(409,)),
    "POST /api/orgs/{org}/kill-switches/{switch}/deactivate": Case(passes=(409,)),
    "POST /api/admin/jobs/{job}/run": Case(passes=(409,)),
    "POST /api/admin/jobs/{job}/cancel": Case(passes=(409,)),
    "PATCH /api/users/me": Case(json={"locale": "de"}, policy=PERSONS),
    "GET /api/users/me/storage": Case(policy=PERSONS),
    "GET /api/users/{user}": Case(policy=MEMBERS),
}


def case_of(route: Route) -> Case:
    """The route's row, or the defaults."""
    return CASES.get(name_of(route), Case())


def name_of(route: Route) -> str:
    """As it stands in the tables: `GET /health`, `GET /things/{thing}`."""
    path = re.sub(r"\{([^:}]+):[^}]*\}", r"{\1}", route.path)
    return f"{route.method} {path}"


def proposed(route: Route) -> dict[str, str]:
    """What each kind of principal should be answered, by the route's class and its row."""
    case = case_of(route)
    answers = {kind: _answer(route, case, kind) for kind in KINDS}
    return answers | dict(case.but)


def _answer(route: Route, case: Case, kind: str) -> str:
    if route.access is Access.PUBLIC:
        return "ok"
    if kind in NOBODY or route.access is Access.INTERNAL:
        return "401"
    if route.access is Access.ADMIN:
        return "ok" if kind in (*route.roles, *ADMINS) else "404"
    if kind in KEYS:
        return _key_answer(route, case, kind)
    if kind == "impersonating" and _is_own(route):
        return "403"
    return (case.policy or _default(route)).answer(kind)


def _key_answer(route: Route, case: Case, kind: str) -> str:
    """A key is a member of its organization, as far as its scope goes."""
    if route.scope is None or kind != f"key+{route.scope}":
        return "403"
    return (case.policy or _default(route)).answer("member")


def _is_own(route: Route) -> bool:
    is_write = route.method not in ("GET", "HEAD")
    return is_write and route.scope is None and not route.is_for_impersonators


def _default(route: Route) -> Policy:
    if "{org}" not in route.path:
        return ANYBODY
    return MEMBERS if route.method == "GET" else ORG_ADMINS
