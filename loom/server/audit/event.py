"""One line of the audit log."""

from typing import Literal

from msgspec import Struct

Outcome = Literal["ok", "denied", "failed"]
Detail = str | int | float | bool

INFO = 6


class AuditEvent(Struct, frozen=True, omit_defaults=True):
    """Somebody did something, or was not let.

    Attributes:
        type: a family and a word, `auth.login`, `thread.share`, `llm.request`.
        actor_id: the person who acted; `user_id` as whom, where they impersonated.
        credential_id: the LoginSession or API key that was shown.
        resource: what it was done to, as `kind:id`.
        details: facts that name no content: a model, a status, a number of tokens.
        severity: syslog's numbers (RFC 5424 §6.2.1), 2 critical to 7 debug.
    """

    type: str
    at: int
    outcome: Outcome = "ok"
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
    severity: int = INFO
