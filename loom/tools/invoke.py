"""One tool call from the model's request to its result; every failure becomes a result."""

import logging
import time
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from loom.core.errors import InvalidArguments, LoomError, NotFound
from loom.core.messages import Image, Text, ToolCall, ToolResult, error_result
from loom.tools.base import Answer, Tool, ToolContext, parse_arguments
from loom.tools.output import clip, fit, printable

_MAX_ERROR = 10_000


def resolve(tools: Mapping[str, Tool], call: ToolCall) -> tuple[Tool, Any]:
    """The tool that `call` names and its parsed arguments.

    Raises NotFound for an unknown tool and InvalidArguments for arguments that do not fit.
    """
    tool = tools.get(call.name)
    if tool is None:
        raise NotFound(f"there is no tool {clip(call.name, 60)!r}", _nearest(tools, call.name))
    if call.malformed:
        start = clip(call.malformed, 200)
        raise InvalidArguments(f"{call.name}: the arguments are not a JSON object: {start}")
    return tool, parse_arguments(tool, call.input)


def _nearest(names: Iterable[str], name: str) -> str:
    close = get_close_matches(name[:60], list(names), n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]}?"
    return f"The tools are: {', '.join(sorted(names))}."


async def invoke(tools: Mapping[str, Tool], call: ToolCall, context: ToolContext) -> ToolResult:
    """Run `call` and answer it. Raises nothing but CancelledError."""
    started = time.perf_counter()
    try:
        tool, arguments = resolve(tools, call)
        answer = await tool.run(arguments, context)
        return _result(call, answer, context, _since(started))
    except LoomError as error:
        return failure(call, error, _since(started))
    # The agent's tool call is one of the three places where anything may be caught: a defect in a
    # tool must cost one result, not the session.
    except Exception as error:
        logging.getLogger(__name__).exception("tool %s failed", clip(call.name, 60))
        text = f"{type(error).__name__} inside the tool: {clip(str(error))}"
        return error_result(call.id, printable(text), _since(started))


def failure(call: ToolCall, error: LoomError, duration_ms: int = 0) -> ToolResult:
    """The result that tells the model of `error`, its hint included."""
    text = clip(f"{error.message}. {error.hint}" if error.hint else error.message, _MAX_ERROR)
    return error_result(call.id, printable(text), duration_ms)


def _result(call: ToolCall, answer: Answer, context: ToolContext, duration_ms: int) -> ToolResult:
    content: tuple[Text | Image, ...] = (*fit(answer.text, context.scratch), *answer.images)
    return ToolResult(call.id, content, answer.is_error, answer.display, duration_ms)


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
