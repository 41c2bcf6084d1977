"""How much a line matters, in syslog's numbers (RFC 5424 §6.2.1)."""

from msgspec.structs import replace

from loom.server.audit.event import INFO, AuditEvent

CRITICAL, ERROR, WARNING, NOTICE = 2, 3, 4, 5

_CRITICAL = frozenset({"weaver.escape", "audit.broken"})
_DESTRUCTIVE = (
    *("delete", "remove", "revoke", "purge", "cut", "drop"),
    *("disable", "activate", "impersonat", "kill", "rekey"),
)


def weighed(event: AuditEvent) -> AuditEvent:
    """`event` with its severity."""
    severity = _severity(event)
    return event if severity == INFO else replace(event, severity=severity)


def _severity(event: AuditEvent) -> int:
    if event.type in _CRITICAL:
        return CRITICAL
    if event.outcome == "failed" and event.type.startswith("llm."):
        return ERROR
    if event.outcome != "ok":
        return WARNING
    word = event.type.rpartition(".")[2]
    return NOTICE if word.startswith(_DESTRUCTIVE) else INFO


def is_routine(event: AuditEvent) -> bool:
    """It may be dropped before all others: there are many, and anybody can cause them."""
    return event.type.startswith(("llm.", "access.", "key.use"))
