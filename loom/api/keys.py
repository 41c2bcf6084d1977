"""API keys: an organization's credentials for programs."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Scope = Literal["threads:read", "threads:write", "threads:delete", "llm:use", "tools:use"]


class ApiKey(Struct, frozen=True):
    """A key as it is listed: `hint` is the end of it. Times are RFC 3339, or empty for never."""

    id: str
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    created_by: str
    created_at: str
    last_used_at: str
    expires_at: str


class ApiKeyList(Struct, frozen=True):
    """`GET /api/orgs/{org}/api-keys`: those that can be used, newest first."""

    api_keys: tuple[ApiKey, ...]


class NewApiKey(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /api/orgs/{org}/api-keys`. Without `expires_at` it lasts until it is revoked."""

    name: str
    scopes: tuple[Scope, ...]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class ApiKeyMade(Struct, frozen=True):
    """`key` is shown this once."""

    api_key: ApiKey
    key: str
