"""What `loom doctor` asks of the server: another's, by HTTP, or the one Loom brings along."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from loom.api.health import Component, Health
from loom.cli.doctor_checks import Check, Examine, Place
from loom.config import load
from loom.core import codec
from loom.core.errors import CodecError, LoomError
from loom.db import connect, translated
from loom.server.config import server_config
from loom.server.llm.providers import make_provider
from loom.threads.location import database

TIMEOUT = 5.0
MAX_SIZE = 1 << 20
SCHEMES = {"http": HTTPConnection, "https": HTTPSConnection}
# Any one of them makes the embedded server able to reach a provider.
VARIABLES = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "LOOM_SERVER_VERTEX_PROJECT_ID")


def server(place: Place) -> Iterator[Check]:
    """Is the server there, and for which providers does it hold a key?"""
    try:
        url = load(place.environment, place.workspace).settings.server_url
    except LoomError:
        return  # The check of the settings has said it already.
    yield from _remote(url) if url else _embedded(place)


def sync(place: Place) -> Iterator[Check]:
    """Are threads in step with the server, where one is named?"""
    from loom.cli.syncing import is_synced
    from loom.threads.sync.status import status

    path = database(place.environment)
    try:
        settings = load(place.environment, place.workspace).settings
        if not is_synced(settings) or not path.exists():
            return
        with translated(path), closing(connect(path, is_read_only=True)) as connection:
            found = status(connection, settings.server_url)
    except LoomError:
        return  # The checks of the settings and of the database have said it already.
    waiting = f"{len(found.waiting)} to send, {len(found.behind)} to fetch"
    if found.error:
        yield Check("sync", "warn", f"{waiting}; {found.error}", found.hint or "loom sync --status")
    elif found.refused:
        refused = f"{len(found.refused)} refused by the server"
        yield Check("sync", "warn", refused, "loom sync --status")
    else:
        yield Check("sync", "ok", waiting)


SERVICE: tuple[Examine, ...] = (server, sync)


def _embedded(place: Place) -> Iterator[Check]:
    try:
        providers = server_config(place.environment).providers
    except LoomError as error:
        yield Check("server", "fail", error.message, error.hint)
        return
    yield Check("server", "ok", "Loom brings its own (LOOM_SERVER_URL names another)")
    found = [name for name, each in providers.items() if make_provider(each).is_configured]
    yield _providers(found, "Set one before you start Loom: " + ", ".join(VARIABLES))


def _remote(url: str) -> Iterator[Check]:
    remedy = "Start it with `loom --server`, or unset LOOM_SERVER_URL to use Loom's own."
    try:
        health = _health(url)
    except (OSError, ValueError, CodecError) as error:
        yield Check("server", "fail", f"{url} does not answer as a loom server: {error}", remedy)
        return
    if health.status == "healthy":
        yield Check("server", "ok", f"{url} is healthy")
    else:
        yield Check("server", "warn", f"{url} is {health.status}", f"See {url}/health.")
    component = health.components.get("llm_providers", Component("unknown"))
    found = [each.name for each in component.providers if each.status == "healthy"]
    yield _providers(found, "Give the server a key: LOOM_SERVER_ANTHROPIC_API_KEY and the like.")


def _health(url: str) -> Health:
    """The body of /health, which says why also with status 503.

    Raises:
        OSError, ValueError: no HTTP server is there.
        CodecError: it is not a loom server.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError("not an http:// or https:// address")
    connection = SCHEMES[parts.scheme](parts.hostname, parts.port, timeout=TIMEOUT)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/health")
        return codec.decode(connection.getresponse().read(MAX_SIZE), Health)
    except HTTPException as error:
        raise ValueError(f"not HTTP: {error!r}") from error
    finally:
        connection.close()


def _providers(names: list[str], remedy: str) -> Check:
    real = [name for name in names if name != "demo"]
    if real:
        return Check("providers", "ok", f"ready: {', '.join(real)}")
    return Check("providers", "warn", "none has a key: only the demo model can answer", remedy)
