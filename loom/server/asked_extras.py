"""What a native request asks for beside its own words: other models, tools, tiers, kept content.

What is new to Loom is told by its name, so that it slips past no rule.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter

import msgspec
from msgspec import Struct
from msgspec.structs import fields, replace

from loom.server.asked import Asked
from loom.server.request_names import COSTLY, MORE_THAN_WORDS, OWN_WORDS, PICTURES
from loom.server.spending.extras import USUAL

_CLIENTS_TOOLS = re.compile(
    r"(function|custom|bash|text_editor|computer|computer_use_preview|computer_toolset|memory"
    r"|browser_toolset|local_shell|apply_patch|namespace)(_20\d{6})?"
)
"""Types of tools that the client runs."""

_BRING_MODELS = frozenset({"advisor", "image_generation"})
_LOGS = frozenset({"shell_call_output", "local_shell_call_output"})
"""Items whose output is text under other names."""

_MODES = ("service_tier", "speed", "inference_geo")
_LONGEST_NAME = 60
_UNREADABLE = "a form that Loom does not know"
_DATED = re.compile(r"_20\d\d_?\d\d_?\d\d$")
_LONG = frozenset({"1h", "12h"})


_NOTHING = msgspec.Raw(b"")


class _Cache(Struct):
    ttl: str | None = None


class _Part(Struct):
    """A message, an item, or a part of one; `data` is what Loom's own opaque blocks hold."""

    type: str | None = None
    role: str | None = None
    content: "str | list[_Part] | _Part | None" = None
    output: "str | list[_Part] | _Part | None" = None
    data: "str | _Part | None" = None
    source: msgspec.Raw = _NOTHING
    image_url: msgspec.Raw = _NOTHING
    cache_control: _Cache | None = None


class _Typed(Struct):
    type: str


class _Tool(Struct):
    type: str | None = None
    model: str | None = None
    max_uses: int | None = None
    environment: "str | _Typed | None" = None
    tools: "list[_Tool] | None" = None
    cache_control: _Cache | None = None


class _Edits(Struct):
    edits: list[_Typed] = []


class _Model(Struct):
    model: str


class _Reasoning(Struct):
    mode: str | None = None


class _Body(Struct):
    messages: list[_Part] | None = None
    input: str | list[_Part] | None = None
    system: str | list[_Part] | None = None
    tools: list[_Tool] | None = None
    max_tool_calls: int | None = None
    cache_control: _Cache | None = None
    prompt_cache_options: _Cache | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    fallbacks: str | list[_Model] | None = None
    models: list[str] | None = None
    context_management: _Edits | list[_Typed] | None = None
    reasoning: _Reasoning | None = None
    modalities: list[str] | None = None
    previous_response_id: str | None = None
    conversation: msgspec.Raw = _NOTHING


_special = attrgetter(*({each.name for each in fields(_Body)} - {"messages", "input", "system"}))
_decoder = msgspec.json.Decoder(_Body)


def looked_through(asked: Asked, body: bytes, provider: str) -> Asked:
    """`asked` as rules and budgets need it, for which the body is read a second time."""
    try:
        told = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return replace(asked, is_open=True, extras=(_UNREADABLE,), others=(_UNREADABLE,))
    types, ttls, pictures = _walked(told)
    if pictures:
        asked = _with_pictures(asked, pictures)
    if types <= OWN_WORDS and not asked.strange and not ttls and _is_plain(told):
        return asked
    run = [(name, tool) for tool in _tools(told, ttls) if (name := _run_by_provider(tool))]
    unknown = types - OWN_WORDS - MORE_THAN_WORDS
    return replace(
        asked,
        extras=(*asked.strange, *unknown, *_modes(told), *(name for name, _ in run)),
        uses=_uses(told, run, provider) if run else 0,
        is_open=not (types <= OWN_WORDS) or bool(asked.strange) or _is_continued(told),
        is_long_lived=not _LONG.isdisjoint(ttls),
        others=(
            *_others(told, run),
            *unknown,
            *(each for each in asked.strange if each not in COSTLY),
        ),
    )


def _is_plain(told: _Body) -> bool:
    """Nothing but words is asked with, and nothing but an answer is asked for."""
    return not any(_special(told))


def _walked(told: _Body) -> tuple[set[str], set[str | None], list[_Part]]:
    """Which types of parts there are, for how long they are to be cached, and the pictures."""
    types: set[str] = set()
    ttls = {each.ttl for each in (told.cache_control, told.prompt_cache_options) if each}
    todo: list[_Part] = []
    pictures: list[_Part] = []
    for whole in (told.messages, told.input, told.system):
        if isinstance(whole, list):
            todo += whole
    while todo:
        # There can be thousands, and most hold nothing but text.
        part = todo.pop()
        kind = part.type or ("message" if part.role else "item_reference")
        types.add(kind)
        if part.cache_control is not None:
            ttls.add(part.cache_control.ttl)
        if part.content is not None and not isinstance(part.content, str):
            todo += _parts(part.content)
        if part.output is not None and kind not in _LOGS:
            todo += _parts(part.output)
        if kind == "opaque":
            todo += _parts(part.data) or [_Part()]
        elif kind in PICTURES:
            pictures.append(part)
    return types - PICTURES - {"opaque"}, ttls, pictures


def _with_pictures(asked: Asked, pictures: list[_Part]) -> Asked:
    """`asked` with the pictures counted, which are no words."""
    size = sum(len(bytes(part.source)) + len(bytes(part.image_url)) for part in pictures)
    size += sum(len(part.data) for part in pictures if isinstance(part.data, str))
    return replace(asked, pictures=len(pictures), picture_bytes=min(size, asked.size))


def _parts(value: "str | list[_Part] | _Part | None") -> "Sequence[_Part]":
    if isinstance(value, list):
        return value
    return (value,) if isinstance(value, _Part) else ()


def _tools(told: _Body, ttls: set[str | None]) -> list[_Tool]:
    """All tools, those within others too; for how long they are to be cached is added to `ttls`."""
    tools = list(told.tools or ())
    for tool in tools:
        if tool.tools:
            tools += tool.tools
        if tool.cache_control is not None:
            ttls.add(tool.cache_control.ttl)
    return tools


def _run_by_provider(tool: _Tool) -> str:
    """The tool's name without its date; empty where the client runs it."""
    if tool.type == "shell" and isinstance(tool.environment, _Typed):
        return "" if tool.environment.type == "local" else "shell"
    return _tool_name((tool.type or "")[:_LONGEST_NAME])


# Cached because every request has the same few types.
@lru_cache(maxsize=256)
def _tool_name(kind: str) -> str:
    return "" if not kind or _CLIENTS_TOOLS.fullmatch(kind) else _DATED.sub("", kind)


def _uses(told: _Body, run: Sequence[tuple[str, _Tool]], provider: str) -> int | None:
    """How often the provider may run tools; None where nothing bounds it."""
    if provider == "openai":
        return None if told.max_tool_calls is None else max(told.max_tool_calls, 0)
    each = [tool.max_uses for _, tool in run]
    return None if None in each else sum(max(count or 0, 0) for count in each)


def _modes(told: _Body) -> Iterator[str]:
    """Ways of serving that are not the usual one, as `name=value`."""
    for name in _MODES:
        value = getattr(told, name)
        if value and value not in USUAL:
            yield f"{name}={value[:40]}"
    if told.reasoning and told.reasoning.mode not in (None, "standard"):
        yield f"reasoning.mode={told.reasoning.mode}"[:60]
    if told.modalities and told.modalities != ["text"]:
        yield "modalities"
    if told.fallbacks or told.models:
        yield "fallbacks"
    if edits := told.context_management:
        for edit in edits.edits if isinstance(edits, _Edits) else edits:
            if not edit.type.startswith("clear_"):
                yield _DATED.sub("", edit.type)


def _others(told: _Body, run: Sequence[tuple[str, _Tool]]) -> Iterator[str]:
    """Models that the body names beside its own."""
    if isinstance(told.fallbacks, str):
        yield told.fallbacks
    elif told.fallbacks:
        yield from (each.model for each in told.fallbacks)
    if told.models:
        yield from told.models
    for name, tool in run:
        if tool.model or name in _BRING_MODELS:
            yield tool.model or name


def _is_continued(told: _Body) -> bool:
    return bytes(told.conversation) not in (b"", b"null") or told.previous_response_id is not None
