"""A scripted model: no key, no network, the real wire. It plays one scene and says so."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence

from loom.core.llm import Completed, LlmEvent, LlmRequest, LlmResponse, TextDelta, ToolCallDelta
from loom.core.messages import Block, Message, Text, ToolCall, Usage, estimate_tokens
from loom.server.llm.base import LocalProvider, ProviderSettings
from loom.server.llm.demo_scene import Step, next_step

PACE = 0.012
MODEL = "demo-1"


class DemoProvider(LocalProvider):
    """Answers from a script, paced like a model's stream.

    Args:
        pace: seconds between two pieces of text.
    """

    def __init__(self, settings: ProviderSettings, pace: float = PACE) -> None:
        self.settings = settings
        self._pace = pace

    async def answer(self, request: LlmRequest) -> AsyncIterator[LlmEvent]:
        """The scene's next step, given what the tools really said so far."""
        step = next_step(request.messages, {tool.name for tool in request.tools})
        calls = _numbered(step, request.messages)
        for piece in re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", step.text):
            await asyncio.sleep(self._pace)
            yield TextDelta(piece)
        for call in calls:
            yield ToolCallDelta(call.id, call.name, "")
            await asyncio.sleep(self._pace)
        yield Completed(_response(request, step, calls))


def _numbered(step: Step, messages: Sequence[Message]) -> tuple[ToolCall, ...]:
    """The step's calls with ids that this conversation has not used."""
    used = sum(len(message.tool_calls) for message in messages)
    return tuple(
        ToolCall(f"demo_{used + index}", name, arguments)
        for index, (name, arguments) in enumerate(step.calls, 1)
    )


def _response(request: LlmRequest, step: Step, calls: tuple[ToolCall, ...]) -> LlmResponse:
    blocks: tuple[Block, ...] = ((Text(step.text),) if step.text else ()) + calls
    message = Message("assistant", blocks, provider="demo", model=MODEL)
    sent = sum(map(estimate_tokens, request.messages))
    usage = Usage(input_tokens=sent, output_tokens=estimate_tokens(message))
    return LlmResponse(message, calls, usage, "tool_use" if calls else "end_turn")
