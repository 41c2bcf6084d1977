"""`GET /health`: the server and its components."""

from typing import Literal

from msgspec import Struct

Status = Literal["healthy", "degraded", "unhealthy", "unknown"]


class Version(Struct, frozen=True, omit_defaults=True):
    """Which Loom this is."""

    version: str
    git_sha: str = ""


class ProviderHealth(Struct, frozen=True):
    """One provider: `healthy` when configured, else `unknown`. `mode` says how it signs in."""

    name: str
    status: Status
    mode: Literal["api_key", "no_key", "none"]


class Component(Struct, frozen=True, omit_defaults=True):
    """One component; the fields that it does not have are left out."""

    status: Status
    latency_ms: float | None = None
    error: str = ""
    configured: bool | None = None
    providers: tuple[ProviderHealth, ...] = ()


class Health(Struct, frozen=True):
    """The whole; `timestamp` is RFC 3339. Answered with 503 when unhealthy or unknown."""

    status: Status
    timestamp: str
    duration_ms: float
    version: Version
    components: dict[str, Component] = {}
