"""What an organization says of its requests: which models, and whether they are kept.

SQL of it, and all of it in memory: the proxy asks at every request.
"""

import sqlite3
from collections.abc import Iterable

from msgspec import Struct, json

from loom.server.errors import Refused
from loom.server.model_patterns import matches

_MAX_REMEMBERED = 10_000


class ProxyPolicy(Struct, frozen=True):
    """One organization's.

    Attributes:
        models: patterns over `provider/model` or the model alone; None allows every one.
        keep_days: how long requests are kept; 0 for not at all.
    """

    models: tuple[str, ...] | None = None
    keep_days: int = 0


OPEN = ProxyPolicy()


class ProxyPolicies:
    """Every organization's policy."""

    def __init__(self) -> None:
        self._policies: dict[str, ProxyPolicy] = {}
        self._allowed: dict[tuple[str, str, str], bool] = {}

    def load(self, policies: Iterable[tuple[str, ProxyPolicy]]) -> None:
        """Takes these instead."""
        self._policies = dict(policies)
        self._allowed.clear()

    def of(self, org: str) -> ProxyPolicy:
        """The organization's, or the one that allows everything and keeps nothing."""
        return self._policies.get(org, OPEN)

    def is_allowed(self, org: str, provider: str, model: str) -> bool:
        """Whether the organization's people may use the model."""
        patterns = self.of(org).models
        if patterns is None:
            return True
        key = org, provider, model
        allowed = self._allowed.get(key)
        if allowed is None:
            allowed = bool(model) and any(matches(each, provider, model) for each in patterns)
            if len(self._allowed) >= _MAX_REMEMBERED:
                self._allowed.clear()
            self._allowed[key] = allowed
        return allowed

    def require(self, org: str, provider: str, model: str) -> None:
        """Raises Refused (403 `model_not_allowed`) naming what is allowed."""
        if self.is_allowed(org, provider, model):
            return
        allowed = ", ".join(self.of(org).models or ()) or "none"
        raise Refused(
            403,
            "model_not_allowed",
            f"the organization does not allow {provider}/{model or '(no model named)'}",
            f"Allowed: {allowed}. An admin of the organization can change that.",
        )


def every(connection: sqlite3.Connection) -> list[tuple[str, ProxyPolicy]]:
    """All policies that were set."""
    rows = connection.execute("SELECT org, models, keep_days FROM org_proxy_settings")
    return [
        (org, ProxyPolicy(None if models is None else tuple(json.decode(models)), keep_days))
        for org, models, keep_days in rows
    ]


def put(
    connection: sqlite3.Connection, org: str, policy: ProxyPolicy, user: str, now_ms: int
) -> None:
    """Sets an organization's policy."""
    models = None if policy.models is None else json.encode(policy.models).decode()
    connection.execute(
        "INSERT OR REPLACE INTO org_proxy_settings VALUES (?, ?, ?, ?, ?)",
        (org, models, policy.keep_days, user, now_ms),
    )
