"""What a request's body asks for, as far as it decides who may send it and what it can cost."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loom.server.plain_json import members, unclear

T = TypeVar("T")

_BYTES_PER_TOKEN = 3
"""Fewer than any provider's tokenizer makes of code and prose; of base64 it counts far too many."""

_LONG_LIVED = re.compile(rb'"(1h|12h)"')

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_COUNTS = ("n", "best_of")
_DECISIVE = {"model", *_LIMITS, *_COUNTS}
"""Names that decide who may send a request and what it can cost."""

_FOLDED = {name.replace("_", ""): name for name in _DECISIVE}

_text = msgspec.json.Decoder(str | None)
_whole = msgspec.json.Decoder(int | None)


class _Metadata(Struct):
    user_id: str | None = None


_metadata = msgspec.json.Decoder(_Metadata | None)


class Asked(Struct, frozen=True):
    """One request, weighed.

    Attributes:
        model: empty when the body does not say.
        max_tokens: the longest of one answer; None for the model's own limit.
        count: answers that are asked for.
        size: of the body in bytes.
        thread: what may stand for the conversation; empty when nothing does.
        is_long_lived: something is to be cached at the higher price.
    """

    model: str = ""
    max_tokens: int | None = None
    count: int = 1
    size: int = 0
    thread: str = ""
    is_long_lived: bool = False

    @property
    def taken(self) -> int:
        """Tokens of input, at most."""
        return self.size // _BYTES_PER_TOKEN + 1

    def given(self, longest: int) -> int:
        """Tokens of output, at most; `longest` of one answer whose limit the body does not say."""
        return self.count * (longest if self.max_tokens is None else self.max_tokens)


def weigh(body: bytes) -> Asked:
    """What a native body asks for.

    Raises:
        Refused: the provider may read something else in it than Loom (400).
    """
    told = members(body)
    for name in told:
        _require_unlike(name)
    limits = [_said(told, name, _whole) for name in _LIMITS if name in told]
    counts = [_said(told, name, _whole) for name in _COUNTS if name in told]
    metadata = _said(told, "metadata", _metadata)
    thread = _said(told, "prompt_cache_key", _text) or (metadata and metadata.user_id)
    return Asked(
        _said(told, "model", _text) or "",
        max([max(each, 0) for each in limits if each is not None], default=None),
        max([1, *(each for each in counts if each is not None)]) if counts else 1,
        len(body),
        thread or "",
    )


def looked_through(asked: Asked, body: bytes) -> Asked:
    """`asked` as budgets need it; only those pay for reading the body again who have some."""
    return replace(asked, is_long_lived=_LONG_LIVED.search(body) is not None)


def _said(told: Mapping[str, msgspec.Raw], name: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    raw = told.get(name)
    if raw is None:
        return None
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise unclear(f"{name}: {error}") from error


# Cached because every request has the same few names.
@lru_cache(maxsize=256)
def _require_unlike(name: str) -> None:
    """Raises Refused (400): some readers take `name` for a decisive one, by case or underscores."""
    folded = name.casefold().replace("_", "").replace("-", "")
    meant = _FOLDED.get(folded, name)
    if meant != name:
        raise unclear(f"some read {name[:40]!r} as {meant!r}")
