"""The page of one's own account: who one is, where one belongs, where one is signed in."""

from collections.abc import Sequence

from aiohttp import web

from loom.api.accounts import OrgRef, User
from loom.api.times import rfc3339
from loom.server.auth.identities import Identity
from loom.server.auth.login_sessions import Row
from loom.server.door import own_origin, principal_of
from loom.server.pages.forms import form, form_page
from loom.server.pages.html import Html, tag

_KINDS = {"web": "Browser", "cli": "Loom on the command line"}


def account_page(
    request: web.Request,
    user: User,
    identities: Sequence[Identity],
    orgs: Sequence[OrgRef],
    sessions: Sequence[Row],
) -> web.Response:
    """The caller's own; each session with a button that ends it."""
    principal = principal_of(request)
    current, shared = principal.credential_id, [org for org in orgs if not org.is_personal]
    return form_page(
        request,
        user.name or user.email,
        _facts(user, identities),
        form(request, "/auth/logout", tag("button", "Sign out", class_="second")),
        _in_orgs(shared, principal.org_id) if shared else None,
        None if any(row.kind == "cli" for row in sessions) else _first_device(request),
        tag("h2", "Signed in"),
        tag("ul", (_session(request, row, current) for row in sessions), class_="rows"),
        _everywhere(request) if len(sessions) > 1 else None,
        is_wide=True,
    )


def _facts(user: User, identities: Sequence[Identity]) -> Html:
    ways = ", ".join(f"{each.provider} ({each.email})" for each in identities)
    facts = {
        "Name": user.name,
        "E-mail": user.email,
        "Roles": ", ".join(user.roles).replace("_", " "),
        "Linked": ways,
    }
    return tag("dl", ((tag("dt", key), tag("dd", said)) for key, said in facts.items() if said))


def _in_orgs(orgs: Sequence[OrgRef], used: str) -> tuple[Html, Html]:
    rows = (
        tag(
            "li", tag("div", tag("strong", org.name), tag("br"), tag("span", words, class_="quiet"))
        )
        for org in orgs
        for words in [f"{org.role}{', and what you make belongs to it' * (org.id == used)}"]
    )
    return tag("h2", "Organizations"), tag("ul", rows, class_="rows")


def _first_device(request: web.Request) -> tuple[Html, Html, Html]:
    command = f"loom login --server-url {own_origin(request)}"
    return (
        tag("h2", "Use it in your terminal"),
        tag("p", "Where Loom is installed, type this; it shows a code that you approve here:"),
        tag("pre", command, class_="command"),
    )


def _session(request: web.Request, row: Row, current: str) -> Html:
    is_current = row.id == current
    words = f"{_KINDS.get(row.kind, row.kind)}{', this one' if is_current else ''}"
    button = tag("button", "Sign out", class_="second")
    used = f"last used {_moment(row.last_used_at)}{f' from {row.ip}' if row.ip else ''}"
    return tag(
        "li",
        tag(
            "div",
            tag("strong", words),
            tag("br"),
            tag("span", used, tag("br"), row.user_agent, class_="quiet"),
        ),
        None if is_current else form(request, f"/account/sessions/{row.id}/end", button),
    )


def _everywhere(request: web.Request) -> Html:
    button = tag("button", "Sign out everywhere else", class_="danger")
    return form(request, "/account/sessions/end-others", button)


def _moment(at_ms: int) -> str:
    return rfc3339(at_ms)[:16].replace("T", " ") + " UTC"
