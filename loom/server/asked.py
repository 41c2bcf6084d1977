"""What a request's body asks for, as far as it decides who may send it and what it can cost."""

import msgspec
from msgspec import Struct

_BYTES_PER_TOKEN = 3
"""Fewer than any provider's tokenizer makes of code and prose; of base64 it counts far too many."""

_DECISIVE = (
    b'"model"',
    b'"max_tokens"',
    b'"max_completion_tokens"',
    b'"max_output_tokens"',
    b'"n"',
)
_MAX_COUNT = 128
"""Answers that one request may ask for."""


class _Metadata(Struct):
    user_id: str | None = None


class _Body(Struct):
    model: str = ""
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    max_output_tokens: int | None = None
    n: int | None = None
    prompt_cache_key: str | None = None
    metadata: _Metadata | None = None


_decoder = msgspec.json.Decoder(_Body)
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Asked(Struct, frozen=True):
    """One request, weighed.

    Attributes:
        model: empty when the body does not say, or says it twice.
        max_tokens: the longest answer; None for the model's own limit.
        size: of the body in bytes.
        thread: what may stand for the conversation; empty when nothing does.
        is_long_lived: something is to be cached at the higher price.
    """

    model: str = ""
    max_tokens: int | None = None
    size: int = 0
    thread: str = ""
    is_long_lived: bool = False

    @property
    def taken(self) -> int:
        """Tokens of input, at most."""
        return self.size // _BYTES_PER_TOKEN + 1


def weigh(body: bytes) -> Asked:
    """What a native body asks for; what cannot be read has no model."""
    try:
        told = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Asked(size=len(body))
    if _says_twice(body):
        return Asked(size=len(body))
    limits = (told.max_tokens, told.max_completion_tokens, told.max_output_tokens)
    most = max((each for each in limits if each is not None), default=None)
    count = min(max(told.n or 1, 1), _MAX_COUNT)
    thread = told.prompt_cache_key or (told.metadata.user_id if told.metadata else "") or ""
    return Asked(
        told.model,
        None if most is None else max(most, 0) * count,
        len(body),
        thread,
        b'"1h"' in body or b'"12h"' in body,
    )


def _says_twice(body: bytes) -> bool:
    """Whether a decisive key stands twice at the top: which one counts is each reader's choice.

    A reader keeps one of the two, so that the other is missing from what was read.
    """
    counts = {key: count for key in _DECISIVE if (count := body.count(key)) > 1}
    if not counts:
        return False
    values = [bytes(value) for value in _parts.decode(body).values()]
    return any(sum(v.count(key) for v in values) + 1 < counts[key] for key in counts)
