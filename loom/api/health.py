"""`GET /health`: the server and its components."""

from typing import Literal

from msgspec import Struct

from loom.api.provider_accounts import AccountState

Status = Literal["healthy", "degraded", "unhealthy", "unknown"]
Mode = Literal["api_key", "no_key", "none"]


class Version(Struct, frozen=True, omit_defaults=True):
    """Which Loom this is."""

    version: str
    git_sha: str = ""


class AccountHealth(Struct, frozen=True):
    """One of a provider's accounts."""

    name: str
    state: AccountState


class ProviderHealth(Struct, frozen=True, omit_defaults=True):
    """One provider: `healthy` when configured, else `unknown`. `mode` says how it signs in.

    With several accounts it is `degraded` when some cannot serve now, `unhealthy` when none can.
    """

    name: str
    status: Status
    mode: Mode
    accounts: tuple[AccountHealth, ...] = ()


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
