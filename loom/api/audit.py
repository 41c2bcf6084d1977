"""`/api/admin/audit` and `/api/orgs/{org}/audit`: what was done, newest first."""

from typing import Annotated

from msgspec import Meta, Struct

Detail = str | int | float | bool


class AuditQuery(Struct, frozen=True, omit_defaults=True):
    """Which lines: all that are given must hold.

    Attributes:
        type: a type or its first words: `auth` is every `auth.…`.
        actor: the id or the e-mail address of who acted.
        severity: this one and what is worse; syslog's numbers, 2 critical to 7 debug.
        since, until: RFC 3339; the first is included, the second is not.
        before: a line's number: only older ones, as the page before said in `next`.
    """

    type: str = ""
    actor: str = ""
    org: str = ""
    outcome: str = ""
    resource: str = ""
    severity: Annotated[int, Meta(ge=0, le=7)] = 7
    since: str = ""
    until: str = ""
    before: Annotated[int, Meta(ge=0, le=2**62)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class AuditEntry(Struct, frozen=True, omit_defaults=True):
    """One line. `outcome`: ok, denied or failed; `hash` ties it to the line before."""

    seq: int
    hash: str
    type: str
    at: str
    outcome: str = "ok"
    severity: int = 6
    actor_id: str = ""
    user_id: str = ""
    org_id: str = ""
    principal_kind: str = ""
    credential_id: str = ""
    resource: str = ""
    ip: str = ""
    user_agent: str = ""
    request_id: str = ""
    details: dict[str, Detail] = {}


class AuditPage(Struct, frozen=True, omit_defaults=True):
    """Lines, newest first; `next` is the `before` of the page after, 0 for none.

    `people` are e-mail addresses by user id, as they are now, of those whom the reader may know:
    no line has them.
    """

    entries: tuple[AuditEntry, ...]
    next: int = 0
    people: dict[str, str] = {}


class AuditHead(Struct, frozen=True):
    """`GET /api/admin/audit/head`: note `anchor` elsewhere, and the log cannot be replaced.

    `anchor` is SEQ:HASH, "" for an empty log; `error` says why lines cannot be written now.
    """

    anchor: str
    is_keyed: bool
    waiting: int
    dropped: int
    error: str
