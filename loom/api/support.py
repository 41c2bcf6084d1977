"""The server's support, which reads a thread when its owner lets it."""

from typing import Annotated

from msgspec import Meta, Struct

SUPPORT_DAYS = 31
"""For which it reads then."""


class SupportRequest(Struct, frozen=True):
    """`POST /api/threads/{id}/support-access/request`: `reason` is what the owner reads."""

    reason: Annotated[str, Meta(max_length=500)] = ""


class SupportAccess(Struct, frozen=True):
    """The support asked, or was let in: `granted_at` and `expires_at` are empty until then."""

    requested_by: str = ""
    requested_at: str = ""
    reason: str = ""
    granted_at: str = ""
    expires_at: str = ""


class SupportQuestion(Struct, frozen=True):
    """The support asks to read a thread, and its owner has not answered."""

    thread: str
    title: str
    requested_by: str
    requested_at: str
    reason: str = ""


class SupportQuestions(Struct, frozen=True):
    """`support.asked` of the stream `GET /api/flags/stream`: all that wait for the caller."""

    questions: tuple[SupportQuestion, ...] = ()
