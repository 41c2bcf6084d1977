"""What a request's body asks for, as far as it decides who may send it and what it can cost."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from loom.server.errors import Refused
from loom.server.plain_json import members, unclear
from loom.server.request_names import COSTLY, DECISIVE, PLAIN

T = TypeVar("T")

_BYTES_PER_TOKEN = 3
"""Fewer than any provider's tokenizer makes of code and prose; of base64 it counts far too many."""

_MOST_OF_A_PICTURE = 16_000
"""Tokens, whatever its size: providers shrink what is larger (2026-11, at most about 12,000)."""

_COUNTS = frozenset({"n", "best_of"})
_QUIET = PLAIN | DECISIVE
_FOLDED = {name.replace("_", ""): name for name in DECISIVE | COSTLY}

_LATER = "answers that are fetched later are not to be had through Loom."

_text = msgspec.json.Decoder(str | None)
_whole = msgspec.json.Decoder(int | None)


class _Metadata(Struct):
    user_id: str | None = None


_metadata: msgspec.json.Decoder[_Metadata | None] = msgspec.json.Decoder(_Metadata | None)


class Asked(Struct, frozen=True):
    """One request, weighed.

    Attributes:
        model: empty when the body does not say.
        max_tokens: the longest of one answer; None for the model's own limit.
        count: answers that are asked for.
        size: of the body in bytes.
        thread: what may stand for the conversation; empty when nothing does.
        strange: names in the body whose price the table of tokens does not tell.

    Known after `looked_through` alone:
        extras: what is asked for beside tokens, by name or `name=value`.
        uses: how often the provider may run tools for it; None where nothing bounds it.
        pictures, picture_bytes: how many there are, and what they take of `size`.
        is_open: there may be more input than the body's own words and pictures.
        is_long_lived: something is to be cached at the higher price.
        others: models that may run beside `model`.
    """

    model: str = ""
    max_tokens: int | None = None
    count: int = 1
    size: int = 0
    thread: str = ""
    strange: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    uses: int | None = 0
    pictures: int = 0
    picture_bytes: int = 0
    is_open: bool = False
    is_long_lived: bool = False
    others: tuple[str, ...] = ()

    @property
    def most_taken(self) -> int:
        """Tokens of input, at most: each is at least a byte."""
        return self.size - self.picture_bytes + self.pictures * _MOST_OF_A_PICTURE

    @property
    def taken(self) -> int:
        """Tokens of input, as they commonly are at most."""
        return self.most_taken // _BYTES_PER_TOKEN + 1

    def given(self, longest: int) -> int:
        """Tokens of output, at most; `longest` of one answer whose limit the body does not say."""
        return self.count * (longest if self.max_tokens is None else self.max_tokens)


def weigh(body: bytes, limits: frozenset[str]) -> Asked:
    """What a native body asks for.

    Args:
        limits: the fields that bound an answer on this wire; others say nothing to its provider.

    Raises:
        Refused: the provider may read something else in it than Loom (400).
    """
    told = members(body)
    longest = _numbers(told, limits)
    return Asked(
        _said(told, "model", _text) or "",
        max(0, *longest) if longest else None,
        max([1, *_numbers(told, _COUNTS)]),
        len(body),
        _thread(told) or "",
        () if _QUIET.issuperset(told) else tuple(_strange(told)),
    )


def _numbers(told: Mapping[str, msgspec.Raw], names: frozenset[str]) -> list[int]:
    said = [_said(told, name, _whole) for name in names.intersection(told)]
    return [number for number in said if number is not None]


def _thread(told: Mapping[str, msgspec.Raw]) -> str | None:
    key: str | None = None
    if "prompt_cache_key" in told:
        key = _said(told, "prompt_cache_key", _text)
    if key:
        return key
    metadata = _said(told, "metadata", _metadata) if "metadata" in told else None
    return metadata.user_id if metadata else None


def _said(told: Mapping[str, msgspec.Raw], name: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    raw = told.get(name)
    if raw is None:
        return None
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise unclear(f"{name}: {error}") from error


def _strange(told: Mapping[str, msgspec.Raw]) -> Iterator[str]:
    """The names that are not plain and say something.

    Raises Refused (400): some readers take one for another, by case or underscores; or an answer is
    to be made that nobody waits for, of which nobody would learn what it took.
    """
    for name in told.keys() - _QUIET:
        meant = _FOLDED.get(name.casefold().replace("_", "").replace("-", ""), name)
        if meant != name:
            raise unclear(f"some read {name[:40]!r} as {meant!r}")
        said = bytes(told[name])
        if name == "background" and said == b"true":
            raise Refused(400, "invalid_request", _LATER, "Ask without background.")
        if said not in (b"null", b"false"):
            yield name[:40]
