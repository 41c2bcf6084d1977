"""Where audit lines are added."""

import logging

from msgspec import json

from loom.server.audit.event import AuditEvent

log = logging.getLogger("loom.audit")


class AuditLog:
    """Takes lines without making anybody wait."""

    def add(self, event: AuditEvent) -> None:
        """Notes what happened."""
        log.info("%s", json.encode(event).decode())
