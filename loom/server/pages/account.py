"""The page of one's own account: who one is, how one signs in, where one is signed in."""

from collections.abc import Sequence

from aiohttp import web

from loom.api.accounts import User
from loom.api.times import rfc3339
from loom.server.auth.identities import Identity
from loom.server.auth.login_sessions import Row
from loom.server.door import principal_of
from loom.server.pages.forms import form, form_page
from loom.server.pages.html import Html, tag

_KINDS = {"web": "Browser", "cli": "Loom on the command line"}


def account_page(
    request: web.Request, user: User, identities: Sequence[Identity], sessions: Sequence[Row]
) -> web.Response:
    """The caller's own; each session with a button that ends it."""
    current = principal_of(request).credential_id
    return form_page(
        request,
        user.name or user.email,
        _facts(user, identities),
        form(request, "/auth/logout", tag("button", "Sign out", class_="second")),
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
