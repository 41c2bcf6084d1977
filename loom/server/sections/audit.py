"""`[audit]`: how long lines are kept, and the key of their chain."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from loom.core.errors import ConfigError
from loom.secrets import Secret
from loom.server.settings import Settings

MINIMUM_KEY_LENGTH = 16
MAX_KEEP_DAYS = 36_500


class AuditSettings(Struct, frozen=True):
    """The audit log's policy.

    Attributes:
        keep_days: lines older than this are cut off by a job; 0 keeps all.
        key: with it, whoever has only the database cannot write a chain.
    """

    keep_days: int = 90
    key: Secret | None = None


def read_audit(tree: Mapping[str, Any], environment: Mapping[str, str]) -> AuditSettings:
    """The policy. Raises ConfigError naming the setting that is wrong."""
    table = Settings.of(tree, "audit", environment, "LOOM_SERVER_AUDIT_")
    settings = AuditSettings(
        keep_days=table.integer("keep_days", 90, 0, MAX_KEEP_DAYS), key=table.secret("key")
    )
    table.refuse_unknown()
    if settings.key is not None and len(settings.key.expose()) < MINIMUM_KEY_LENGTH:
        raise ConfigError(
            f"the audit key is shorter than {MINIMUM_KEY_LENGTH} characters",
            "Make one with: openssl rand -hex 32",
        )
    return settings
