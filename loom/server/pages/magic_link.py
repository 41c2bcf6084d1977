"""The pages of a magic link: asked for, opened, no longer valid."""

from aiohttp import web

from loom.server.pages.forms import form, form_page
from loom.server.pages.frame import page
from loom.server.pages.html import tag


def sent_page(request: web.Request, email: str) -> web.Response:
    """The same whether or not anything was sent."""
    return page(
        request,
        "Look into your mailbox",
        tag(
            "p",
            "If there is, or may be, an account for ",
            tag("strong", email),
            ", a link is on its way.",
        ),
        tag("p", "It works once, within ten minutes. The newest one counts."),
        tag("p", tag("a", "Back", href="/login")),
    )


def confirm_page(request: web.Request, email: str, token: str) -> web.Response:
    """Asks before the link is used up: mail scanners open links too, but press no buttons."""
    return form_page(
        request,
        "Sign in",
        tag("p", "As ", tag("strong", email)),
        form(
            request,
            "/auth/magic-link/verify",
            tag("input", type="hidden", name="token", value=token),
            tag("button", "Sign in"),
        ),
        tag("p", "Not your address? Then close this page.", class_="quiet"),
    )
