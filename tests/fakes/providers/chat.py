"""The OpenAI chat completions wire."""

import json
from itertools import count
from typing import Any, Literal

from openai.types import CompletionUsage, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice
from openai.types.chat.chat_completion_chunk import (
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
)
from openai.types.chat.chat_completion_message_function_tool_call import (
    ChatCompletionMessageFunctionToolCall,
    Function,
)
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails
from pydantic import TypeAdapter

from tests.fakes.providers.script import Asked, Call, Refusal, Say, Think, Turn
from tests.fakes.providers.validation import BadRequest, check
from tests.fakes.providers.wire import sse, text_of

_STREAMING: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsStreaming)
_WHOLE: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsNonStreaming)
CREATED = 1_790_000_000


class ChatWire:
    """OpenAI chat completions; usage is streamed as `include_usage` asks."""

    closing = 3

    def __init__(self) -> None:
        self._numbers = count(1)

    def asked(self, body: dict[str, Any]) -> Asked:
        check(_STREAMING if body.get("stream") else _WHOLE, body)
        messages = body["messages"]
        _check_turns(messages)
        after = _after_last(messages, "assistant")
        return Asked(
            "chat",
            body["model"],
            bool(body.get("stream")),
            tuple(tool["function"]["name"] for tool in body.get("tools", ())),
            "\n".join(text_of(m["content"]) for m in after if m["role"] == "user"),
            tuple(text_of(m["content"]) for m in after if m["role"] == "tool"),
        )

    def stream(self, turn: Turn, model: str) -> list[bytes]:
        number = next(self._numbers)
        deltas = [ChoiceDelta(role="assistant", content=""), *self._deltas(turn)]
        choices = [[ChunkChoice(delta=delta, index=0)] for delta in deltas]
        choices.append([ChunkChoice(delta=ChoiceDelta(), finish_reason=_stop(turn), index=0)])
        chunks = [_chunk(number, model, choice) for choice in choices]
        chunks.append(_chunk(number, model, [], _usage(turn)))
        return [*(sse(c.model_dump_json(exclude_unset=True)) for c in chunks), sse("[DONE]")]

    def whole(self, turn: Turn, model: str) -> bytes:
        message = ChatCompletionMessage(
            content=turn.text or None,
            role="assistant",
            tool_calls=[self._call(call) for call in turn.calls] or None,
        )
        completion = ChatCompletion(
            id=f"chatcmpl-fake{next(self._numbers)}",
            choices=[Choice(finish_reason=_stop(turn), index=0, message=message)],
            created=CREATED,
            model=model,
            object="chat.completion",
            usage=_usage(turn),
        )
        return completion.model_dump_json(exclude_unset=True).encode()

    def error_event(self) -> bytes:
        error = {"message": "The server had an error", "type": "server_error", "code": None}
        return sse(json.dumps({"error": error}))

    def refusal(self, refusal: Refusal) -> bytes:
        return openai_refusal(refusal)

    def _deltas(self, turn: Turn) -> list[ChoiceDelta]:
        deltas: list[ChoiceDelta] = []
        index = 0
        for part in turn.parts:
            if isinstance(part, Say):
                deltas += [ChoiceDelta(content=piece) for piece in part.pieces]
            elif isinstance(part, Think):
                deltas += [
                    ChoiceDelta.model_validate({"reasoning_content": p}) for p in part.pieces
                ]
            else:
                deltas += self._call_deltas(index, part)
                index += 1
        return deltas

    def _call_deltas(self, index: int, part: Call) -> list[ChoiceDelta]:
        call = self._call(part)
        opening = ChoiceDeltaToolCall(
            index=index,
            id=call.id,
            function=ChoiceDeltaToolCallFunction(name=part.name, arguments=""),
            type="function",
        )
        rest = [
            ChoiceDeltaToolCall(index=index, function=ChoiceDeltaToolCallFunction(arguments=p))
            for p in part.pieces
        ]
        return [ChoiceDelta(tool_calls=[piece]) for piece in (opening, *rest)]

    def _call(self, part: Call) -> ChatCompletionMessageFunctionToolCall:
        return ChatCompletionMessageFunctionToolCall(
            id=part.id or f"call_fake{next(self._numbers)}",
            function=Function(arguments=part.arguments, name=part.name),
            type="function",
        )


def openai_refusal(refusal: Refusal) -> bytes:
    """OpenAI's error body."""
    error = {"message": refusal.message, "type": refusal.kind, "param": None, "code": refusal.kind}
    return json.dumps({"error": error}).encode()


def models() -> bytes:
    """The answer of `/v1/models`."""
    model = Model(id="gpt-6.1-sol", created=CREATED, object="model", owned_by="fake")
    return json.dumps({"object": "list", "data": [model.model_dump()]}).encode()


def _chunk(
    number: int, model: str, choices: list[ChunkChoice], usage: CompletionUsage | None = None
) -> ChatCompletionChunk:
    return ChatCompletionChunk(
        id=f"chatcmpl-fake{number}",
        choices=choices,
        created=CREATED,
        model=model,
        object="chat.completion.chunk",
        usage=usage,
    )


def _usage(turn: Turn) -> CompletionUsage:
    tokens = turn.tokens
    prompt = tokens.input + tokens.cache_read + tokens.cache_write
    return CompletionUsage(
        completion_tokens=tokens.output,
        prompt_tokens=prompt,
        total_tokens=prompt + tokens.output,
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=1),
        prompt_tokens_details=PromptTokensDetails(
            cached_tokens=tokens.cache_read, cache_write_tokens=tokens.cache_write
        ),
    )


def _stop(turn: Turn) -> Literal["stop", "length", "tool_calls", "content_filter"]:
    if turn.stop == "max_tokens":
        return "length"
    if turn.stop == "refusal":
        return "content_filter"
    return "tool_calls" if turn.calls else "stop"


def _after_last(messages: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    places = [place for place, message in enumerate(messages) if message["role"] == role]
    return messages[places[-1] + 1 :] if places else messages


def _check_turns(messages: list[dict[str, Any]]) -> None:
    """Every call is answered by a tool message before anything else is said."""
    open_calls: list[str] = []
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                raise BadRequest(f"messages.{place}: a tool message without its tool call")
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            raise BadRequest(f"messages.{place}: tool_call_ids did not have response messages")
        open_calls += [call["id"] for call in message.get("tool_calls") or ()]
    if open_calls:
        raise BadRequest("messages: tool_call_ids did not have response messages")
