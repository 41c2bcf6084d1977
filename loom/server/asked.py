"""What a request's body asks for, as far as it decides who may send it and what it can cost."""

import re

import msgspec
from msgspec import Struct
from msgspec.structs import replace

_BYTES_PER_TOKEN = 3
"""Fewer than any provider's tokenizer makes of code and prose; of base64 it counts far too many."""

_DECISIVE = re.compile(rb'"(model|max_tokens|max_completion_tokens|max_output_tokens|n|1h|12h)"')
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
        model: empty when the body does not say.
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
    limits = (told.max_tokens, told.max_completion_tokens, told.max_output_tokens)
    most = max([each for each in limits if each is not None], default=None)
    count = 1 if told.n is None else min(max(told.n, 1), _MAX_COUNT)
    thread = told.prompt_cache_key or (told.metadata.user_id if told.metadata else "") or ""
    return Asked(
        told.model,
        None if most is None else max(most, 0) * count,
        len(body),
        thread,
    )


def looked_through(asked: Asked, body: bytes) -> Asked:
    """`asked` as rules and budgets need it: without a model where the body says anything twice.

    Reads the body several times over, which only those pay who have rules.
    """
    words = _DECISIVE.findall(body)
    if asked.model and len(words) > len(set(words)) and _says_twice(body, words):
        return Asked(size=len(body))
    return replace(asked, is_long_lived=b"1h" in words or b"12h" in words)


def _says_twice(body: bytes, words: list[bytes]) -> bool:
    """Whether a decisive key stands twice at the top: which one counts is each reader's choice.

    A reader keeps one of the two, so that the other is missing from what was read.
    """
    inner = [w for value in _parts.decode(body).values() for w in _DECISIVE.findall(bytes(value))]
    return any(words.count(word) > inner.count(word) + 1 for word in set(words))
