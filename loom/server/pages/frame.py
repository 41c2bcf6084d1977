"""The page around the content: head, style, headers."""

import hashlib
from functools import cache
from pathlib import Path

from aiohttp import web

from loom.server.door import principal_of
from loom.server.login import web_sessions
from loom.server.pages.html import Content, Html, tag

_STYLE = Path(__file__).with_name("style.css")
_NO_ICON = Html('<link rel="icon" href="data:,">')
"""Else every browser asks for one, and is refused."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)


def page(
    request: web.Request,
    title: str,
    *content: Content,
    status: int = 200,
    is_wide: bool = False,
) -> web.Response:
    """A whole page, kept by no cache; a signed-in browser's cookie is prolonged by it."""
    response = web.Response(
        text=f"<!doctype html>\n{_document(request, title, content, is_wide).text}\n",
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": POLICY,
            # `no-referrer` would take the Origin from our own forms as well.
            "Referrer-Policy": "same-origin",
            "X-Frame-Options": "DENY",
        },
    )
    web_sessions.prolong(request, response)
    return response


def _document(request: web.Request, title: str, content: Content, is_wide: bool) -> Html:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{title} · Loom"),
        tag("link", rel="stylesheet", href=style_path()),
        _NO_ICON,
    )
    main = tag("main", tag("h1", title), content, class_="wide" if is_wide else None)
    return tag("html", head, tag("body", _banner(request), main), lang="en")


def _banner(request: web.Request) -> Html:
    principal = principal_of(request)
    home = tag("a", "Loom", href="/account", class_="mark")
    who = tag("a", principal.email or principal.name, href="/account", class_="who")
    borrowed = "An admin is in this person's place." if principal.is_impersonating else None
    mark = tag("strong", borrowed, class_="notice") if borrowed else None
    return tag("header", home, mark, who if principal.user_id else None)


@cache
def style() -> tuple[str, bytes]:
    """The style sheet's name, which changes with it, and its bytes."""
    body = _STYLE.read_bytes()
    return f"style-{hashlib.sha256(body).hexdigest()[:12]}.css", body


def style_path() -> str:
    """Where pages find it."""
    return f"/pages/{style()[0]}"
