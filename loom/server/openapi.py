"""The API's description, made from the routes and their types; there is no other one to go stale.

Source: OpenAPI 3.1.0; schemas are JSON Schema 2020-12, from msgspec.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from loom import __version__
from loom.api.errors import ErrorBody
from loom.server.auth.credentials import COOKIE
from loom.server.routing import Access, Route

_PARAMETER = re.compile(r"\{(\w+)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")
_REF = "#/components/schemas/{name}"
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.SIGNED_IN: [{"token": []}, {"cookie": []}],
    Access.ADMIN: [{"token": []}, {"cookie": []}],
    Access.INTERNAL: [{"weaver": []}],
}
_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token (lt_), an API key (lk_), or the server's own token.",
    },
    "weaver": {"type": "http", "scheme": "bearer", "description": "A weaver's own credential."},
}


def _schemes(server_url: str) -> dict[str, Any]:
    prefix = "__Host-" if server_url.startswith("https:") else ""
    return {**_SCHEMES, "cookie": {"type": "apiKey", "in": "cookie", "name": f"{prefix}{COOKIE}"}}


def document(routes: Iterable[Route], server_url: str) -> dict[str, Any]:
    """The whole description.

    Args:
        server_url: where browsers find this server.
    """
    described = [route for route in routes if route.method != "HEAD"]
    types = list(dict.fromkeys(kind for route in described for kind in _types(route)))
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in described:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loom server",
            "version": __version__,
            "description": "Threads, people, usage, and the way to a model. Errors are ErrorBody.",
        },
        "servers": [{"url": server_url}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _schemes(server_url)},
    }


def _types(route: Route) -> Iterator[Any]:
    yield ErrorBody
    yield from (kind for kind in (route.takes, route.gives) if kind is not None)


def _operation(route: Route) -> dict[str, Any]:
    summary, _, more = (route.handler.__doc__ or "").strip().partition("\n")
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": summary,
        "description": "\n".join(filter(None, (more.strip(), _condition(route)))),
        "tags": [_tag(route.path)],
        "parameters": [*_path_parameters(route.path), *_query_parameters(route.asks)],
        "responses": {"2XX": _answer(route), "default": _error(route)},
        "security": _SECURITY[route.access],
    }
    if route.takes is not None:
        content = {"application/json": {"schema": _schema(route.takes)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"[A-Za-z0-9]+", _PARAMETER.sub(r"by_\1", route.path))
    return "_".join((route.method.lower(), *words))


def _condition(route: Route) -> str:
    if route.access is Access.ADMIN:
        return f"For people who are: {', '.join(sorted(route.roles))}."
    if route.access is Access.SIGNED_IN:
        return f"API key scope: {route.scope}." if route.scope else "Not for API keys."
    return ""


def _tag(path: str) -> str:
    words = [word for word in path.split("/") if word and "{" not in word]
    return words[1] if words[:1] == ["api"] and len(words) > 1 else (words or ["server"])[0]


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name, pattern in _PARAMETER.findall(path):
        schema: dict[str, Any] = {"type": "string", "minLength": 1}
        # What aiohttp matches without a pattern has no slash and no brace.
        schema["pattern"] = f"^{pattern or '[^{}/]+'}$"
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(asks: Any) -> Iterator[dict[str, Any]]:
    if asks is None:
        return
    (schema,), components = msgspec.json.schema_components([asks], ref_template=_REF)
    properties = components[schema["$ref"].rpartition("/")[2]]
    required = set(properties.get("required", ()))
    for name, described in properties["properties"].items():
        given = {key: value for key, value in described.items() if key != "default"}
        yield {"name": name, "in": "query", "required": name in required, "schema": given}


def _answer(route: Route) -> dict[str, Any]:
    if route.gives is None:
        return {"description": "Done."}
    content = {"application/json": {"schema": _schema(route.gives)}}
    return {"description": route.gives.__name__, "content": content}


def _error(route: Route) -> dict[str, Any]:
    if route.dialect != "loom":
        return {"description": "An error in the provider's own shape."}
    # Before there is a request (its first line is too long) there are only words.
    words = {"schema": {"type": "string"}}
    content = {"application/json": {"schema": _schema(ErrorBody)}, "text/plain": words}
    return {"description": "What went wrong, and what to do next.", "content": content}


def _schema(kind: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    found: dict[str, Any] = schema
    return found
