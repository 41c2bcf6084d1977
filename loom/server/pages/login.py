"""The page that asks who you are."""

from urllib.parse import quote

from aiohttp import web

from loom.server.auth.next_page import HOME
from loom.server.keys import CONFIG
from loom.server.login.ways import MAGIC_LINK, Way, ways
from loom.server.own_origin import is_secure_only
from loom.server.pages.forms import form, form_page
from loom.server.pages.html import Html, tag


def login_page(request: web.Request, next_page: str, only: str = "") -> web.Response:
    """All ways to sign in, or `only` the one of that name where it is set up."""
    offered = list(ways(request.app[CONFIG]))
    chosen = [way for way in offered if way.name == only] or offered
    buttons = [_way(request, way, next_page) for way in chosen]
    all_of_them = f"/login?next={quote(next_page, safe='/')}"
    is_less = len(chosen) < len(offered)
    return form_page(
        request,
        "Sign in",
        _warning(request),
        _joined(buttons) if buttons else _no_way(),
        tag("p", tag("a", "Other ways to sign in", href=all_of_them)) if is_less else None,
    )


def _way(request: web.Request, way: Way, next_page: str) -> Html:
    if way.method == "GET":
        href = f"{way.path}?next={quote(next_page, safe='/')}" if next_page != HOME else way.path
        return tag("a", f"Continue with {way.label}", href=href, class_="button")
    return form(
        request,
        way.path,
        tag("input", type="hidden", name="next", value=next_page),
        _address() if way.name == MAGIC_LINK else None,
        tag("button", way.label),
    )


def _address() -> tuple[Html, Html]:
    return (
        tag("label", "E-mail", for_="email"),
        tag(
            "input",
            type="email",
            id="email",
            name="email",
            required=True,
            maxlength=254,
            autocomplete="email",
            placeholder="you@example.com",
        ),
    )


def _joined(buttons: list[Html]) -> list[Html]:
    parts = [buttons[0]]
    for button in buttons[1:]:
        parts += [tag("div", "or", class_="or"), button]
    return parts


def _no_way() -> Html:
    return tag(
        "p",
        "No way to sign in by yourself is set up here. Ask whoever runs this server for a link"
        " (they make one with “loom server link YOUR-ADDRESS”).",
    )


def _warning(request: web.Request) -> Html | None:
    """Says why a sign-in would not last where browsers will drop the cookie."""
    if request.scheme == "https" or not is_secure_only(request):
        return None
    return tag(
        "p",
        "This page came over plain HTTP, so your browser will not keep you signed in."
        " Use this server's https:// address.",
        class_="notice",
    )
