"""`/api/openapi.json`: the API's description; `/api`: the same as a page, to read and to try."""

import html
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from loom.server.areas import Area
from loom.server.door import own_origin
from loom.server.openapi import document
from loom.server.routing import ROUTES as TABLE
from loom.server.routing import Access, Route

_PAGES = Path(__file__).parents[1] / "explorer"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def described(request: web.Request) -> web.Response:
    """The API's description, OpenAPI 3.1."""
    body = msgspec.json.encode(_document(request))
    return web.Response(body=body, content_type="application/json")


async def explorer(request: web.Request) -> web.Response:
    """A page that lists every route and tries it; the list needs no JavaScript."""
    page = _page("explorer.html").replace("{operations}", _operations(_document(request)))
    return web.Response(
        text=page, content_type="text/html", headers={"Content-Security-Policy": _POLICY}
    )


async def script(request: web.Request) -> web.Response:
    """The page's script."""
    return web.Response(text=_page("explorer.js"), content_type="text/javascript")


async def style(request: web.Request) -> web.Response:
    """The page's style."""
    return web.Response(text=_page("explorer.css"), content_type="text/css")


def _document(request: web.Request) -> dict[str, Any]:
    return document(request.app[TABLE].values(), own_origin(request))


@lru_cache(maxsize=8)
def _page(name: str) -> str:
    return (_PAGES / name).read_text("utf-8")


def _operations(described: dict[str, Any]) -> str:
    rows = (
        (operation["tags"][0], path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )
    return "\n".join(_operation(*row) for row in sorted(rows, key=lambda row: row[:3]))


def _operation(tag: str, path: str, method: str, operation: dict[str, Any]) -> str:
    names = [f"{each['name']} ({each['in']})" for each in operation["parameters"]]
    body = operation.get("requestBody")
    if body is not None:
        schema = body["content"]["application/json"]["schema"]
        names.append(f"body: {schema.get('$ref', 'JSON').rpartition('/')[2]}")
    words = map(html.escape, (tag, method, path, operation["summary"], operation["description"]))
    tag, method, path, summary, description = words
    return (
        f'<details data-method="{method}" data-path="{path}"'
        f' data-has-body="{"yes" if body else ""}"><summary><b>{method.upper()}</b>'
        f" <code>{path}</code> <span>{summary}</span></summary>"
        f"<p>{description}</p><p>{html.escape(', '.join(names))}</p></details>"
    )


ROUTES = (
    Route("GET", "/api/openapi.json", described, Access.PUBLIC),
    Route("GET", "/api", explorer, Access.PUBLIC),
    Route("GET", "/api/explorer.js", script, Access.PUBLIC),
    Route("GET", "/api/explorer.css", style, Access.PUBLIC),
)

AREA = Area(lambda app: ROUTES)
