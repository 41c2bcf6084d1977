"""Whom a thread on a team's server is shown to, besides those who may read it anyway."""

from typing import Annotated

from msgspec import Meta, Struct

from loom.api.support import SupportAccess
from loom.api.threads import Position, ThreadInfo
from loom.core.messages import Message

DAY = 24 * 3600
LONGEST = 3_650 * DAY
"""Seconds that a link may last when it ends at all."""

PAGE = 100
"""Entries of a shared thread in one answer."""

ShareToken = Annotated[str, Meta(pattern="^[0-9a-f]{48}$")]


class NewLink(Struct, frozen=True):
    """`POST /api/threads/{id}/share`: takes the place of the link that there was.

    `expires_in` is in seconds; null lasts until it is revoked.
    """

    expires_in: Annotated[int, Meta(ge=1, le=LONGEST)] | None = None


class ShareLink(Struct, frozen=True):
    """A link that works. `expires_at` is empty when it lasts until it is revoked."""

    created_at: str
    expires_at: str = ""


class LinkMade(Struct, frozen=True):
    """A new link; `token` and the address of the page that has it are told this once."""

    link: ShareLink
    token: str
    url: str


class Shares(Struct, frozen=True):
    """Whom a thread is shown to. Its head line says whether an organization or a team reads it."""

    thread: ThreadInfo
    link: ShareLink | None = None
    support: SupportAccess | None = None


class ShareList(Struct, frozen=True):
    """The caller's own threads that have a link, are open to the support or asked for by it."""

    shares: tuple[Shares, ...] = ()


class SharedQuery(Struct, frozen=True):
    """What a shared thread is asked for: the entries after the first `after`."""

    after: Position = 0


class SharedThread(Struct, frozen=True):
    """What whoever has the link reads, without secrets, images and a provider's own blocks.

    `next` is the `after` that asks for more; null at the end.
    """

    title: str
    provider: str
    model: str
    created_at: str
    updated_at: str
    messages: tuple[Message, ...] = ()
    next: int | None = None
