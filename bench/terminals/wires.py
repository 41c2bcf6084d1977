"""Three providers' streams to the byte: Anthropic messages, OpenAI chat, OpenAI responses.

A wire turns an answer (pieces of text, perhaps one tool call) into server-sent events, one a piece.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Fields = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call that ends an answer; `id` is unique in a conversation."""

    id: str
    name: str
    arguments: Mapping[str, Any]

    @property
    def json(self) -> str:
        """The arguments as providers send them."""
        return json.dumps(self.arguments)


class Wire(Protocol):
    """One answer on its way. The methods are called in this order; `call` not always."""

    def start(self) -> bytes: ...

    def token(self, text: str) -> bytes: ...

    def call(self, call: Call) -> bytes: ...

    def end(self) -> bytes: ...


def sse(data: Fields | str, event: str = "") -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {text}\n\n".encode()


@dataclass
class Anthropic:
    """`POST /v1/messages`: named events, one content block of text, then one of a tool's use."""

    model: str
    count: int = 0
    stop_reason: str = "end_turn"

    def whole(self, text: str) -> Fields:
        """The answer to a request that asks for no stream."""
        content = [{"type": "text", "text": text}]
        return {**self._message(), "content": content, "stop_reason": self.stop_reason}

    def start(self) -> bytes:
        message = self._message()
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        return self._event("message_start", message=message) + self._event(
            "content_block_start", **block
        )

    def token(self, text: str) -> bytes:
        self.count += 1
        delta = {"type": "text_delta", "text": text}
        return self._event("content_block_delta", index=0, delta=delta)

    def call(self, call: Call) -> bytes:
        self.stop_reason = "tool_use"
        block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": call.json}
        return (
            self._event("content_block_stop", index=0)
            + self._event("content_block_start", index=1, content_block=block)
            + self._event("content_block_delta", index=1, delta=delta)
        )

    def end(self) -> bytes:
        index = 1 if self.stop_reason == "tool_use" else 0
        delta = {"stop_reason": self.stop_reason, "stop_sequence": None}
        usage = {"output_tokens": self.count}
        return (
            self._event("content_block_stop", index=index)
            + self._event("message_delta", delta=delta, usage=usage)
            + self._event("message_stop")
        )

    def _message(self) -> Fields:
        usage = {"input_tokens": 1000, "output_tokens": 1}
        usage |= {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        return {
            "id": "msg_bench",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        return sse({"type": kind, **fields}, kind)


@dataclass
class Chat:
    """`POST /v1/chat/completions`: chunks without names, closed by `[DONE]`."""

    model: str
    count: int = 0
    finish_reason: str = "stop"

    def start(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def token(self, text: str) -> bytes:
        self.count += 1
        return self._chunk({"content": text})

    def call(self, call: Call) -> bytes:
        self.finish_reason = "tool_calls"
        function = {"name": call.name, "arguments": call.json}
        tool = {"index": 0, "id": call.id, "type": "function", "function": function}
        return self._chunk({"tool_calls": [tool]})

    def end(self) -> bytes:
        usage = {"prompt_tokens": 1000, "completion_tokens": self.count}
        usage["total_tokens"] = 1000 + self.count
        last = {**self._base, "choices": [], "usage": usage}
        return self._chunk({}, self.finish_reason) + sse(last) + sse("[DONE]")

    @property
    def _base(self) -> Fields:
        kind = "chat.completion.chunk"
        return {"id": "chatcmpl-bench", "object": kind, "created": 1, "model": self.model}

    def _chunk(self, delta: Fields, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return sse({**self._base, "choices": [choice]})


@dataclass
class Responses:
    """`POST /v1/responses`: named, numbered events around output items."""

    model: str
    text: list[str] = field(default_factory=list)
    calls: list[Fields] = field(default_factory=list)
    number: int = 0

    def start(self) -> bytes:
        return (
            self._event("response.created", response=self._response("in_progress", ()))
            + self._event(
                "response.output_item.added",
                output_index=0,
                item={**self._message, "status": "in_progress", "content": []},
            )
            + self._event("response.content_part.added", **self._at, part=self._part(""))
        )

    def token(self, text: str) -> bytes:
        self.text.append(text)
        return self._event("response.output_text.delta", **self._at, delta=text, logprobs=[])

    def call(self, call: Call) -> bytes:
        function = {"type": "function_call", "id": f"fc_{call.id}", "call_id": call.id}
        function |= {"name": call.name, "arguments": call.json, "status": "completed"}
        self.calls.append(function)
        return b""

    def end(self) -> bytes:
        text = "".join(self.text)
        items = (self._message, *self.calls)
        return (
            self._event("response.output_text.done", **self._at, text=text, logprobs=[])
            + self._event("response.content_part.done", **self._at, part=self._part(text))
            + self._event("response.output_item.done", output_index=0, item=self._message)
            + b"".join(map(self._function, self.calls))
            + self._event("response.completed", response=self._response("completed", items))
        )

    @property
    def _at(self) -> Fields:
        return {"item_id": "msg_bench", "output_index": 0, "content_index": 0}

    @property
    def _message(self) -> Fields:
        part = self._part("".join(self.text))
        head = {"id": "msg_bench", "type": "message", "role": "assistant", "status": "completed"}
        return {**head, "content": [part]}

    def _part(self, text: str) -> Fields:
        return {"type": "output_text", "text": text, "annotations": []}

    def _function(self, item: Fields) -> bytes:
        at = {"item_id": item["id"], "output_index": 1}
        arguments = item["arguments"]
        begun = {**item, "status": "in_progress", "arguments": ""}
        return (
            self._event("response.output_item.added", output_index=1, item=begun)
            + self._event("response.function_call_arguments.delta", **at, delta=arguments)
            + self._event("response.function_call_arguments.done", **at, arguments=arguments)
            + self._event("response.output_item.done", output_index=1, item=item)
        )

    def _response(self, status: str, output: Sequence[Fields]) -> Fields:
        used: Fields = {"input_tokens": 1000, "output_tokens": len(self.text)}
        used["total_tokens"] = 1000 + len(self.text)
        used |= {"input_tokens_details": {"cached_tokens": 0}}
        used |= {"output_tokens_details": {"reasoning_tokens": 0}}
        return {
            "id": "resp_bench",
            "object": "response",
            "created_at": 1,
            "model": self.model,
            "status": status,
            "output": list(output),
            "usage": used if status == "completed" else None,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": True,
            "temperature": 1,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1,
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        self.number += 1
        return sse({"type": kind, "sequence_number": self.number - 1, **fields}, kind)
