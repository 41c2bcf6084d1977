"""What an organization says of its requests to models, and the requests that it keeps."""

from typing import Annotated

from msgspec import Meta, Struct

Pattern = Annotated[str, Meta(min_length=1, max_length=200)]


class ProxySettings(Struct, frozen=True):
    """`/api/orgs/{org}/proxy`.

    `models`: patterns such as `claude-*` or `openai/gpt-6*`; null allows every model. `keep_days`:
    for how long requests are kept, redacted, for the organization's admins; 0 keeps none.
    """

    models: Annotated[tuple[Pattern, ...], Meta(max_length=200)] | None = None
    keep_days: Annotated[int, Meta(ge=0, le=365)] = 0


class KeptQuery(Struct, frozen=True):
    """The query's parameters. `before`: the id of the last one seen, for those before it."""

    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class KeptRequest(Struct, frozen=True):
    """A request that was kept; `size` is its body's, in characters."""

    id: str
    user: str
    request_id: str
    provider: str
    model: str
    at: str
    expires_at: str
    size: int


class KeptRequests(Struct, frozen=True):
    """The newest first."""

    requests: tuple[KeptRequest, ...] = ()


class KeptBody(Struct, frozen=True):
    """What was sent, redacted."""

    id: str
    body: str


class DeletedRequests(Struct, frozen=True):
    """How many are gone."""

    deleted: int
