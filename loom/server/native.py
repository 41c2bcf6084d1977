"""The native wire of each provider: which paths, whose headers pass, how a stream ends.

A client chooses a path of this table and nothing else: host and key are the operator's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from multidict import CIMultiDict, MultiMapping

from loom.secrets import Secret
from loom.server.errors import Dialect
from loom.server.header_sieve import HeaderSieve
from loom.server.llm.base import ProviderSettings
from loom.server.outbound.request import DEFAULTS, joined, opening
from loom.server.outbound.target import Target
from loom.server.standing import STANDING


@dataclass(frozen=True)
class NativePath:
    """`POST /proxy/{provider}{path}` goes to the provider's base URL plus `upstream`.

    `ends` are the beginnings of the lines that can end a proper stream; a path without them costs
    nothing. `bytes_per_token`: of a stream, where its tokens have to be reckoned. `limits`: the
    fields that bound an answer.
    """

    method: str
    path: str
    upstream: str
    ends: tuple[bytes, ...] = ()
    bytes_per_token: int = 16
    limits: frozenset[str] = frozenset({"max_tokens"})

    @property
    def is_charged(self) -> bool:
        """The provider asks money for it."""
        return bool(self.ends)


@dataclass(frozen=True)
class NativeWire:
    """One provider's wire; `credentials` makes the headers that carry a key."""

    provider: Dialect
    paths: tuple[NativePath, ...]
    credentials: Callable[[Secret], Mapping[str, str]]


def _x_api_key(key: Secret) -> Mapping[str, str]:
    return {"x-api-key": key.expose()}


def _bearer(key: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key.expose()}"}


# No slash and no leading dot: the id cannot lead to another path.
_MODEL = "/{model:[A-Za-z0-9][A-Za-z0-9._:@-]*}"


def _events(*names: bytes) -> tuple[bytes, ...]:
    """The lines that name these events; the blank is optional."""
    return tuple(prefix + name for name in names for prefix in (b"event: ", b"event:"))


_MESSAGES_ENDS = _events(b"message_stop", b"error")
_CHAT_ENDS = (b"data: [DONE]", b"data:[DONE]", b'data: {"error"', b'data:{"error"')
_RESPONSES_ENDS = _events(
    b"response.completed", b"response.failed", b"response.incomplete", b"error"
)

NATIVE_WIRES = (
    NativeWire(
        "anthropic",
        (
            NativePath("POST", "/v1/messages", "/v1/messages", _MESSAGES_ENDS),
            NativePath("POST", "/v1/messages/count_tokens", "/v1/messages/count_tokens"),
            NativePath("GET", "/v1/models", "/v1/models"),
            NativePath("GET", "/v1/models" + _MODEL, "/v1/models/{model}"),
        ),
        _x_api_key,
    ),
    NativeWire(
        "openai",
        (
            NativePath(
                "POST",
                "/v1/chat/completions",
                "/chat/completions",
                _CHAT_ENDS,
                150,
                frozenset({"max_tokens", "max_completion_tokens"}),
            ),
            NativePath(
                "POST",
                "/v1/responses",
                "/responses",
                _RESPONSES_ENDS,
                120,
                frozenset({"max_output_tokens"}),
            ),
            NativePath("GET", "/v1/models", "/models"),
            NativePath("GET", "/v1/models" + _MODEL, "/models/{model}"),
        ),
        _bearer,
    ),
)

# RFC 9110 §7.6.1, and what HTTP/1.1 sets for each hop on its own.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_CREDENTIALS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"})
_NOT_FOR_UPSTREAM = (
    _HOP_BY_HOP
    | _CREDENTIALS
    # The body has been read whole and, if it was compressed, unpacked.
    | {"host", "content-length", "content-encoding", "accept-encoding", "expect"}
    # Where the client sits, and whose account pays, is no business of the client's headers.
    | {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"}
    | {"x-request-id", "openai-organization", "openai-project"}
    | {"anthropic-workspace-id", "anthropic-user-profile-id"}
)
_UNPACKED = frozenset({"gzip", "x-gzip", "deflate"})
_NOT_FOR_CLIENT = (
    _HOP_BY_HOP
    | {"set-cookie", "alt-svc", "strict-transport-security", "clear-site-data", "location"}
    # What browsers may do with an answer of ours is for us to say.
    | {name.lower() for name in STANDING}
)


def fixed_headers(wire: NativeWire, settings: ProviderSettings) -> CIMultiDict[str]:
    """What every request of this wire carries: the key, the operator's headers, no compression.

    Uncompressed, because compression would hold events back. What the body is says Loom, which read
    it as JSON in UTF-8: another character set makes other words of the same bytes.
    """
    headers = CIMultiDict({"Accept-Encoding": "identity", "Content-Type": "application/json"})
    if settings.api_key is not None:
        headers.update(wire.credentials(settings.api_key))
    headers.update(settings.headers)
    return headers


class NativeHead:
    """The head of every request of one path to one account: the key, and what the client adds.

    Args:
        target: where the path leads, if that is always the same place.
    """

    def __init__(self, method: str, fixed: Mapping[str, str], target: Target | None) -> None:
        self._method = method
        self._given = frozenset(name.lower() for name in fixed)
        self._fixed = [f"{name}: {value}" for name, value in fixed.items()]
        self._sieve = HeaderSieve(_NOT_FOR_UPSTREAM | self._given, "x-forwarded-")
        self._defaults = [
            (name, f"{name}: {value}")
            for name, value in DEFAULTS.items()
            if name.lower() not in self._given and (name != "Content-Type" or method == "POST")
        ]
        self._opening = [] if target is None else self._begun(target)

    def made(self, client: MultiMapping[str], size: int, target: Target | None = None) -> bytes:
        """The client's headers without its credentials and connection, and the fixed ones.

        Args:
            size: bytes of the body.
            target: where this request goes, if that is not always the same place.
        """
        lines = self._opening if target is None else self._begun(target)
        left_out = [line for name, line in self._defaults if name not in client]
        return joined(self._method, [*lines, *left_out, *self._sieve.lines(client)], size)

    def _begun(self, target: Target) -> list[str]:
        return opening(self._method, target, self._given) + self._fixed


_for_client = HeaderSieve(_NOT_FOR_CLIENT, "access-control-")
_with_whole = HeaderSieve(_NOT_FOR_CLIENT | {"content-length"}, "access-control-")
_unpacked = HeaderSieve(_NOT_FOR_CLIENT | {"content-length", "content-encoding"}, "access-control-")


def stream_headers(upstream: MultiMapping[str]) -> CIMultiDict[str]:
    """The provider's headers without its connection, its cookies and its claims on browsers."""
    sieve = _unpacked if _is_unpacked(upstream) else _for_client
    return CIMultiDict(sieve.passed(upstream))


def whole_sieve(upstream: MultiMapping[str]) -> HeaderSieve:
    """The same for an answer whose body is there, and has a length of its own."""
    return _unpacked if _is_unpacked(upstream) else _with_whole


def _is_unpacked(upstream: MultiMapping[str]) -> bool:
    """The body came compressed although that was not asked for."""
    return "Content-Encoding" in upstream and upstream["Content-Encoding"].lower() in _UNPACKED
