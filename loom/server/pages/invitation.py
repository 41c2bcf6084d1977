"""The page of an invitation: who invites whom where, and the button that accepts."""

from aiohttp import web

from loom.api.orgs import InvitationPreview
from loom.server.door import principal_of
from loom.server.pages.forms import form, form_page
from loom.server.pages.html import Content, tag

_MEANS = (
    "If it is your first one, what you make then belongs to it, and it pays for your requests."
    " Your threads stay yours alone until you share them."
)


def invitation_page(request: web.Request, invitation: InvitationPreview) -> web.Response:
    """For whoever has the link; only whom it is for can press the button to any effect."""
    who = invitation.invited_by or "Somebody"
    return form_page(
        request,
        f"Join {invitation.org_name}?",
        tag("p", f"{who} invited {invitation.email} to be {_article(invitation.role)}."),
        tag("p", _MEANS),
        _next_step(request),
        tag("p", f"Until {invitation.expires_at[:10]}.", class_="quiet"),
    )


def _next_step(request: web.Request) -> Content:
    if principal_of(request).is_cookie:
        return form(request, request.path, tag("button", "Join"))
    href = f"/login?next={request.path}"
    return tag("a", "Sign in to join", href=href, class_="button")


def _article(role: str) -> str:
    return f"{'an' if role[:1] in 'ao' else 'a'} {role}"
