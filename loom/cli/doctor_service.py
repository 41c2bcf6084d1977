"""What `loom doctor` asks of the server: another's, by HTTP, or the one Loom brings along."""

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from loom.cli.doctor_checks import Check, Examine, Place
from loom.config import load
from loom.core.errors import LoomError
from loom.server.config import PROVIDER_DEFAULTS, server_config
from loom.server.llm.base import ProviderSettings

TIMEOUT = 5.0
MAX_SIZE = 1 << 20
SCHEMES = {"http": HTTPConnection, "https": HTTPSConnection}
# What makes the embedded server able to reach each provider.
VARIABLES = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "vertex": "LOOM_SERVER_VERTEX_PROJECT_ID",
}


def server(place: Place) -> Iterator[Check]:
    """Is the server there, and for which providers does it hold a key?"""
    try:
        url = load(place.environment, place.workspace).settings.server_url
    except LoomError:
        return  # The check of the settings has said it already.
    yield from _remote(url) if url else _embedded(place)


SERVICE: tuple[Examine, ...] = (server,)


def _embedded(place: Place) -> Iterator[Check]:
    try:
        providers = server_config(place.environment).providers
    except LoomError as error:
        yield Check("server", "fail", error.message, error.hint)
        return
    yield Check("server", "ok", "Loom brings its own (LOOM_SERVER_URL names another)")
    found = [name for name, settings in providers.items() if _is_configured(settings)]
    yield _providers(found, "Set one before you start Loom: " + ", ".join(VARIABLES.values()))


def _is_configured(settings: ProviderSettings) -> bool:
    # An endpoint of one's own, such as a local model's, may need no key.
    is_own = settings.base_url != PROVIDER_DEFAULTS[settings.name].base_url
    return bool(settings.api_key or settings.project or is_own)


def _remote(url: str) -> Iterator[Check]:
    remedy = "Start it with `loom --server`, or unset LOOM_SERVER_URL to use Loom's own."
    try:
        health = _health(url)
    except (OSError, ValueError) as error:
        yield Check("server", "fail", f"{url} does not answer: {error}", remedy)
        return
    status = str(health.get("status", "unknown"))
    state = Check("server", "ok", f"{url} is {status}")
    yield state if status == "healthy" else Check("server", "warn", state.text, f"See {url}/health")
    yield _providers(_usable(health), "Give the server a key; its README says how.")


def _health(url: str) -> dict[str, Any]:
    """The body of /health, which says why also with status 503. Raises OSError, ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError("not an http:// or https:// address")
    connection = SCHEMES[parts.scheme](parts.hostname, parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        health = json.loads(connection.getresponse().read(MAX_SIZE))
    except HTTPException as error:
        raise ValueError(f"not HTTP: {error!r}") from error
    finally:
        connection.close()
    if not isinstance(health, dict):
        raise ValueError("its /health is not a loom server's")
    return health


def _usable(health: Mapping[str, Any]) -> list[str]:
    component = health.get("components", {}).get("llm_providers", {})
    rows = component.get("providers", component) if isinstance(component, dict) else component
    return [row["name"] for row in rows if row.get("status") == "healthy"]


def _providers(names: list[str], remedy: str) -> Check:
    real = [name for name in names if name != "demo"]
    if real:
        return Check("providers", "ok", f"keys for {', '.join(real)}")
    return Check("providers", "warn", "no key for any: only the demo model can answer", remedy)
