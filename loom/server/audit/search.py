"""SQL of questions to the audit log."""

from typing import Any

from msgspec import json
from msgspec.structs import asdict

from loom.api.audit import AuditEntry, AuditPage, AuditQuery
from loom.api.times import rfc3339, unix_ms
from loom.server.audit.event import AuditEvent

Condition = tuple[str, tuple[Any, ...]]


def page_of(query: AuditQuery) -> Condition:
    """The question for one page and a line more. Raises CodecError for a time that is none."""
    parts = list(_conditions(query))
    where = " AND ".join(text for text, _ in parts) or "1"
    parameters = [value for _, values in parts for value in values]
    # The conditions are the ones below; what a caller gave is in the parameters.
    sql = f"SELECT seq, hash, body FROM audit WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608
    return sql, (*parameters, query.limit + 1)


def page(rows: list[tuple[Any, ...]], query: AuditQuery) -> AuditPage:
    """What the rows say."""
    entries = tuple(_entry(*row) for row in rows[: query.limit])
    has_more = len(rows) > query.limit
    return AuditPage(entries, entries[-1].seq if has_more else 0)


def _conditions(query: AuditQuery) -> list[Condition]:
    since, until = map(_ms, (query.since, query.until))
    word = query.type.rstrip(".*")
    asked: list[tuple[object, str, tuple[Any, ...]]] = [
        # "/" is the character behind ".": everything that begins with the word and a dot.
        (word, "(type = ? OR (type >= ? AND type < ?))", (word, f"{word}.", f"{word}/")),
        (query.actor, "actor = ?", (query.actor,)),
        (query.org, "org = ?", (query.org,)),
        (query.resource, "resource = ?", (query.resource,)),
        (query.outcome, "coalesce(body ->> '$.outcome', 'ok') = ?", (query.outcome,)),
        (query.severity < 7, "coalesce(body ->> '$.severity', 6) <= ?", (query.severity,)),
        (query.since, "at >= ?", (since,)),
        (query.until, "at < ?", (until,)),
        (query.before, "seq < ?", (query.before,)),
    ]
    return [(text, values) for is_given, text, values in asked if is_given]


def _ms(text: str) -> int:
    """A time, or the beginning of a day in UTC; 0 for neither."""
    return unix_ms(f"{text}T00:00:00Z" if len(text) == len("2026-11-28") else text) if text else 0


def _entry(seq: int, hash_: bytes, body: str) -> AuditEntry:
    event = json.decode(body, type=AuditEvent)
    fields = {**asdict(event), "at": rfc3339(event.at)}
    return AuditEntry(seq=seq, hash=hash_.hex(), **fields)
