"""`/api/threads`: a person's threads on a team's server. Times are RFC 3339.

A thread's visible conversation is a list of entries. A write says how many of them it keeps and
what follows those, so that only what is new travels, and what was taken back is taken back.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Visibility = Literal["private", "team", "organization", "public"]
Short = Annotated[str, Meta(max_length=200)]
Line = Annotated[str, Meta(max_length=4_096)]
Asked = Annotated[str, Meta(max_length=1_000)]
"""All of a query is one line, of which HTTP servers read 8,190 bytes."""
Position = Annotated[int, Meta(ge=0)]
Tags = Annotated[tuple[Short, ...], Meta(max_length=100)]

PAGE = 100
"""Threads in one answer, unless asked otherwise."""
MOST = 1_000


class ThreadFields(Struct, frozen=True):
    """What the machines of its owner say of a thread; all of its head line that they decide."""

    title: Line = ""
    workspace: Line = ""
    provider: Short = ""
    model: Short = ""
    git_branch: Line = ""
    git_remote: Line = ""
    git_commit: Short = ""
    tags: Tags = ()
    is_pinned: bool = False
    parent: Short = ""
    created_at: str = ""
    updated_at: str = ""


class ThreadInfo(ThreadFields, frozen=True, kw_only=True):
    """A thread's head line on the server. `length` counts entries, `version` changes.

    `etag` names this version of this thread: it is what If-Match and If-None-Match take. Of a
    thread that was deleted and then erased the server has nothing but its id and its times.
    """

    id: str
    version: int
    etag: str
    length: int
    message_count: int = 0
    owner_id: str = ""
    org_id: str = ""
    team_id: str = ""
    visibility: Visibility = "organization"
    is_deleted: bool = False
    is_erased: bool = False


class Attachment(Struct, frozen=True):
    """An image by the SHA-256 of its bytes, in hex; entries name it as `sha256:` and that."""

    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    media_type: Short
    data: bytes


class ThreadWrite(Struct, frozen=True):
    """`PUT /api/threads/{id}`: the first `keep` entries as they are, then `entries`.

    `visibility` and `team_id` count when the thread is made. Images that the person has sent
    before need not be among `attachments`.
    """

    thread: ThreadFields
    keep: Position = 0
    entries: tuple[msgspec.Raw, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    visibility: Visibility = "organization"
    team_id: Short = ""


class ThreadPatch(Struct, frozen=True, omit_defaults=True):
    """`PATCH /api/threads/{id}`: what is null stays. A visibility of `team` names the team.

    `org` is the slug or id of an organization of the owner's into which the thread goes: it is
    shown there as `visibility` says, or to nobody, and no more where it was.
    """

    title: Line | None = None
    tags: Tags | None = None
    is_pinned: bool | None = None
    visibility: Visibility | None = None
    team_id: Short | None = None
    org: Short | None = None


class ThreadRead(Struct, frozen=True):
    """`GET /api/threads/{id}`: the entries that follow the first `keep`.

    `keep` is `after`, or how many entries are as they were at `since`. A long thread comes in
    pieces: `keep` and `entries` do not reach `thread.length` then, and `after` asks for more.
    """

    thread: ThreadInfo
    keep: int
    entries: tuple[msgspec.Raw, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    is_since_known: bool = False


class ReadQuery(Struct, frozen=True):
    """What `GET /api/threads/{id}` is asked for; `since` is an ETag's text without its quotes."""

    after: Position = 0
    since: Short = ""
    deleted: bool = False


class ListQuery(Struct, frozen=True):
    """What `GET /api/threads` is asked for.

    `since`, even when empty, asks for the caller's own threads in the order of their changes,
    deleted ones too; it is the last answer's `cursor`. `owner` may be `me`.
    """

    workspace: Asked = ""
    org: Short = ""
    owner: Short = ""
    branch: Asked = ""
    repository: Asked = ""
    file: Asked = ""
    tag: Short = ""
    pinned: bool = False
    since: Short | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST)] = PAGE
    offset: Position = 0


class ThreadList(Struct, frozen=True):
    """A page of threads, last activity first; with `since` of changes, oldest first.

    `total` counts what there is without limit and offset; it is null for more than 1,000 threads,
    and with `since`.
    """

    threads: tuple[ThreadInfo, ...] = ()
    total: int | None = None
    limit: int = PAGE
    offset: int = 0
    cursor: str = ""
    has_more: bool = False


class ThreadSearchQuery(Struct, frozen=True):
    """What `GET /api/threads/search` is asked for."""

    q: Annotated[str, Meta(min_length=1, max_length=1_000)]
    workspace: Asked = ""
    org: Short = ""
    owner: Short = ""
    branch: Asked = ""
    repository: Asked = ""
    file: Asked = ""
    tag: Short = ""
    pinned: bool = False
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class ThreadHit(Struct, frozen=True):
    """A thread that was found. `marks` are the (start, end) of the words in `snippet`."""

    thread: ThreadInfo
    snippet: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    score: float = 0.0


class ThreadHits(Struct, frozen=True):
    """What a search found, best first."""

    hits: tuple[ThreadHit, ...] = ()


class ThreadConflict(Struct, frozen=True):
    """The 412 to a write whose If-Match or If-None-Match does not hold.

    `client_version` is 0 where the client believed that there was no thread.
    """

    error: str
    message: str
    server_version: int
    client_version: int
    etag: str
    hint: str = ""


class MissingAttachments(Struct, frozen=True):
    """The 422 to a write that names images which the server has not from this person."""

    error: str
    message: str
    missing: tuple[str, ...]
    hint: str = ""


def fields_of(struct: Any) -> dict[str, Any]:
    """The values of ThreadFields, taken from anything that has them."""
    return {name: getattr(struct, name) for name in ThreadFields.__struct_fields__}
