"""What providers tell of an answer's tokens, and of the terms on which they gave it."""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loom.core.messages import Usage
from loom.server.spending.extras import USUAL
from loom.server.spending.terms import USUAL_TERMS, Terms


class _Lifetimes(Struct):
    ttl_12h_tokens: int | None = 0


class _Cached(Struct):
    cached_tokens: int | None = 0
    cache_write_tokens: int | None = 0
    cache_write_tokens_details: _Lifetimes | None = None


class _Created(Struct):
    ephemeral_1h_input_tokens: int | None = 0


class _Counts(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _Created | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None
    input_tokens_details: _Cached | None = None


class _Round(_Counts):
    """One of several that the answer took, some by other models."""

    type: str = ""
    model: str | None = None


class _Searched(Struct):
    web_search_requests: int | None = 0


class _Usage(_Counts):
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    server_tool_use: _Searched | None = None
    iterations: list[_Round] | None = None


class _Requests(Struct):
    num_requests: int | None = 0


class _Drawn(Struct):
    total_tokens: int | None = 0


class _Tools(Struct):
    web_search: _Requests | None = None
    image_gen: _Drawn | None = None


class _Inner(Struct):
    usage: _Usage | None = None
    model: str | None = ""
    service_tier: str | None = None
    tool_usage: _Tools | None = None


class _Answer(_Inner):
    message: _Inner | None = None
    response: _Inner | None = None


class _Barely(Struct):
    usage: _Counts | None = None
    model: str | None = ""


class _BareAnswer(_Barely):
    message: _Barely | None = None
    response: _Barely | None = None


_decoder = msgspec.json.Decoder(_Answer)
_bare = msgspec.json.Decoder(_BareAnswer)


class Told(Struct, frozen=True):
    """All that is known of an answer so far."""

    model: str = ""
    usage: Usage = Usage()
    terms: Terms = USUAL_TERMS


def told_after(known: Told, data: bytes) -> Told:
    """`known` and what one JSON value of the answer says.

    Whatever it is, it passes through to the client; only our count goes without.
    """
    try:
        answer = _decoder.decode(data)
    except msgspec.ValidationError:
        return _barely_after(known, data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return known
    for part in (answer, answer.message, answer.response):
        if part is not None and part.usage is not None:
            usage, terms = _usage(known.usage, part.usage), _terms(known.terms, part, part.usage)
            known = Told(part.model or known.model, usage, terms)
    return known


def _barely_after(known: Told, data: bytes) -> Told:
    """The tokens alone, where the rest has a form that is new."""
    try:
        answer = _bare.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return known
    for part in (answer, answer.message, answer.response):
        if part is not None and part.usage is not None:
            usage, terms = _usage(known.usage, part.usage), replace(known.terms, is_unknown=True)
            known = Told(part.model or known.model, usage, terms)
    return known


def _terms(known: Terms, part: _Inner, told: _Usage) -> Terms:
    """The last ones told count."""
    tier = told.service_tier or part.service_tier
    tools, searched = part.tool_usage, told.server_tool_use
    if not (tier or told.speed or told.inference_geo or tools or searched or told.iterations):
        return known
    searches = searched.web_search_requests if searched else None
    if tools and tools.web_search:
        searches = tools.web_search.num_requests
    terms = Terms(
        _unusual(tier, known.service_tier),
        _unusual(told.speed, known.speed),
        _unusual(told.inference_geo, known.inference_geo),
        known.searches if searches is None else max(searches, 0),
        known.has_drawn or bool(tools and tools.image_gen and tools.image_gen.total_tokens),
        known.rounds if told.iterations is None else _rounds(told.iterations),
        known.is_unknown,
    )
    return known if terms == known else terms


def _unusual(told: str | None, known: str) -> str:
    if not told:
        return known
    return "" if told in USUAL else told[:40]


def _rounds(told: list[_Round]) -> tuple[tuple[str, Usage], ...]:
    """Empty where the answer's own sum says as much."""
    if all(each.type == "message" and not each.model for each in told):
        return ()
    return tuple((each.model or "", _usage(Usage(), each)) for each in told)


def _usage(known: Usage, told: _Counts) -> Usage:
    """The provider's numbers are running totals: the last one told counts."""
    details = told.prompt_tokens_details or told.input_tokens_details
    read, written = told.cache_read_input_tokens, told.cache_creation_input_tokens
    apart = 0
    if details is not None:
        # OpenAI's input includes what came from the cache or went there; Anthropic's does not.
        read, written = details.cached_tokens or 0, details.cache_write_tokens or 0
        apart = read + written
    taken = told.prompt_tokens if told.prompt_tokens is not None else told.input_tokens
    given = told.completion_tokens if told.completion_tokens is not None else told.output_tokens
    long = None if told.cache_creation is None else told.cache_creation.ephemeral_1h_input_tokens
    if details is not None and details.cache_write_tokens_details is not None:
        long = details.cache_write_tokens_details.ttl_12h_tokens
    writes = known.cache_write_tokens if written is None else max(written, 0)
    return Usage(
        known.input_tokens if taken is None else max(taken - apart, 0),
        known.output_tokens if given is None else max(given, 0),
        known.cache_read_tokens if read is None else max(read, 0),
        writes,
        min(known.cache_write_long_tokens if long is None else max(long, 0), writes),
    )
