"""How much a line matters, in syslog's numbers (RFC 5424 §6.2.1)."""

from functools import lru_cache

from msgspec.structs import replace

from loom.server.audit.event import INFO, AuditEvent, Outcome

CRITICAL, ERROR, WARNING, NOTICE = 2, 3, 4, 5

_CRITICAL = frozenset({"weaver.escape", "audit.broken"})
_DESTRUCTIVE = (
    *("delete", "remove", "revoke", "purge", "cut", "drop", "erase"),
    *("disable", "activate", "impersonat", "kill", "rekey"),
)


def weighed(event: AuditEvent) -> AuditEvent:
    """`event` with its severity."""
    severity = _severity(event.type, event.outcome)
    return event if severity == INFO else replace(event, severity=severity)


@lru_cache(maxsize=512)
def _severity(kind: str, outcome: Outcome) -> int:
    if kind in _CRITICAL:
        return CRITICAL
    if outcome == "failed" and kind.startswith("llm."):
        return ERROR
    if outcome != "ok":
        return WARNING
    word = kind.rpartition(".")[2]
    return NOTICE if word.startswith(_DESTRUCTIVE) else INFO


def is_routine(event: AuditEvent) -> bool:
    """It may be dropped before all others: there are many, and anybody can cause them."""
    return event.type.startswith(("llm.", "access.", "key.use"))
