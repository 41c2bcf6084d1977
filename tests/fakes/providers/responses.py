"""The OpenAI Responses wire."""

import json
from itertools import count
from typing import Any

from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent,
    ResponseCreatedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponseFunctionToolCall,
    ResponseIncompleteEvent,
    ResponseInProgressEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseReasoningItem,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from openai.types.responses.response import IncompleteDetails
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from openai.types.responses.response_reasoning_item import Summary
from openai.types.responses.response_reasoning_summary_part_added_event import Part as SummaryPart
from openai.types.responses.response_usage import (
    InputTokensDetails,
    OutputTokensDetails,
    ResponseUsage,
)
from pydantic import BaseModel, TypeAdapter

from tests.fakes.providers.chat import CREATED, openai_refusal
from tests.fakes.providers.script import Asked, Part, Refusal, Say, Think, Turn
from tests.fakes.providers.validation import BadRequest, check
from tests.fakes.providers.wire import sse, text_of

_STREAMING: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsStreaming)
_WHOLE: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsNonStreaming)
_EMPTIED: dict[str, dict[str, Any]] = {
    "message": {"content": [], "status": "in_progress"},
    "reasoning": {"summary": [], "status": "in_progress"},
    "function_call": {"arguments": "", "status": "in_progress"},
}
Item = ResponseOutputMessage | ResponseFunctionToolCall | ResponseReasoningItem


class ResponsesWire:
    """OpenAI Responses, stateless: reasoning items come encrypted and are expected back."""

    closing = 1

    def __init__(self) -> None:
        self._numbers = count(1)

    def asked(self, body: dict[str, Any]) -> Asked:
        check(_STREAMING if body.get("stream") else _WHOLE, body)
        items = body["input"]
        items = items if isinstance(items, list) else [{"role": "user", "content": items}]
        _check_items(items)
        after = _after_answer(items)
        return Asked(
            "responses",
            body["model"],
            bool(body.get("stream")),
            tuple(tool["name"] for tool in body.get("tools", ())),
            "\n".join(text_of(item["content"]) for item in after if item.get("role") == "user"),
            tuple(text_of(item["output"]) for item in after if "output" in item),
        )

    def stream(self, turn: Turn, model: str) -> list[bytes]:
        items = [self._item(part) for part in turn.parts]
        begun = _response(turn, model, [], "in_progress")
        events: list[BaseModel] = [
            ResponseCreatedEvent(response=begun, sequence_number=0, type="response.created"),
            ResponseInProgressEvent(response=begun, sequence_number=0, type="response.in_progress"),
        ]
        for index, (part, item) in enumerate(zip(turn.parts, items, strict=True)):
            events += _item_events(index, part, item)
        events.append(_closing(_response(turn, model, items, _status(turn))))
        return [_numbered(number, event) for number, event in enumerate(events)]

    def whole(self, turn: Turn, model: str) -> bytes:
        items = [self._item(part) for part in turn.parts]
        return _response(turn, model, items, _status(turn)).model_dump_json().encode()

    def error_event(self) -> bytes:
        error = {
            "type": "error",
            "code": "server_error",
            "message": "The server had an error",
            "param": None,
            "sequence_number": 9,
        }
        return sse(json.dumps(error), "error")

    def refusal(self, refusal: Refusal) -> bytes:
        return openai_refusal(refusal)

    def _item(self, part: Part) -> Item:
        number = next(self._numbers)
        if isinstance(part, Say):
            text = ResponseOutputText(annotations=[], text=part.text, type="output_text")
            return ResponseOutputMessage(
                id=f"msg_fake{number}",
                content=[text],
                role="assistant",
                status="completed",
                type="message",
                phase="final_answer",
            )
        if isinstance(part, Think):
            return ResponseReasoningItem(
                id=f"rs_fake{number}",
                summary=[Summary(text=part.text, type="summary_text")],
                type="reasoning",
                encrypted_content=part.signature,
                status="completed",
            )
        return ResponseFunctionToolCall(
            arguments=part.arguments,
            call_id=part.id or f"call_fake{number}",
            name=part.name,
            type="function_call",
            id=f"fc_fake{number}",
            status="completed",
        )


def _response(turn: Turn, model: str, items: list[Item], status: Any) -> Response:
    tokens = turn.tokens
    prompt = tokens.input + tokens.cache_read + tokens.cache_write
    usage = ResponseUsage(
        input_tokens=prompt,
        input_tokens_details=InputTokensDetails(
            cache_write_tokens=tokens.cache_write, cached_tokens=tokens.cache_read
        ),
        output_tokens=tokens.output,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=1),
        total_tokens=prompt + tokens.output,
    )
    reason: Any = {"max_tokens": "max_output_tokens", "refusal": "content_filter"}.get(turn.stop)
    return Response(
        id="resp_fake",
        created_at=CREATED,
        model=model,
        object="response",
        output=list(items),
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[],
        status=status,
        incomplete_details=IncompleteDetails(reason=reason) if reason else None,
        usage=None if status == "in_progress" else usage,
    )


def _status(turn: Turn) -> str:
    return "incomplete" if turn.stop else "completed"


def _closing(response: Response) -> BaseModel:
    if response.status == "incomplete":
        return ResponseIncompleteEvent(
            response=response, sequence_number=0, type="response.incomplete"
        )
    return ResponseCompletedEvent(response=response, sequence_number=0, type="response.completed")


def _numbered(number: int, event: BaseModel) -> bytes:
    event = event.model_copy(update={"sequence_number": number})
    return sse(event.model_dump_json(), event.type)  # type: ignore[attr-defined]  # every event has one


def _item_events(index: int, part: Part, item: Item) -> list[BaseModel]:
    opening = item.model_copy(update=_EMPTIED[item.type])
    return [
        ResponseOutputItemAddedEvent(
            item=opening, output_index=index, sequence_number=0, type="response.output_item.added"
        ),
        *_deltas(index, part, item),
        ResponseOutputItemDoneEvent(
            item=item, output_index=index, sequence_number=0, type="response.output_item.done"
        ),
    ]


def _deltas(index: int, part: Part, item: Item) -> list[BaseModel]:
    where: dict[str, Any] = {"item_id": item.id, "output_index": index, "sequence_number": 0}
    if isinstance(part, Say):
        return _text_events({**where, "content_index": 0}, part)
    if isinstance(part, Think):
        return _summary_events({**where, "summary_index": 0}, part)
    pieces: list[BaseModel] = [
        ResponseFunctionCallArgumentsDeltaEvent(
            **where, delta=piece, type="response.function_call_arguments.delta"
        )
        for piece in part.pieces
    ]
    done = ResponseFunctionCallArgumentsDoneEvent(
        **where, arguments=part.arguments, type="response.function_call_arguments.done"
    )
    return [*pieces, done]


def _text_events(where: dict[str, Any], part: Say) -> list[BaseModel]:
    empty = ResponseOutputText(annotations=[], text="", type="output_text")
    full = ResponseOutputText(annotations=[], text=part.text, type="output_text")
    deltas: list[BaseModel] = [
        ResponseTextDeltaEvent(**where, delta=piece, logprobs=[], type="response.output_text.delta")
        for piece in part.pieces
    ]
    return [
        ResponseContentPartAddedEvent(**where, part=empty, type="response.content_part.added"),
        *deltas,
        ResponseTextDoneEvent(
            **where, logprobs=[], text=part.text, type="response.output_text.done"
        ),
        ResponseContentPartDoneEvent(**where, part=full, type="response.content_part.done"),
    ]


def _summary_events(where: dict[str, Any], part: Think) -> list[BaseModel]:
    deltas: list[BaseModel] = [
        ResponseReasoningSummaryTextDeltaEvent(
            **where, delta=piece, type="response.reasoning_summary_text.delta"
        )
        for piece in part.pieces
    ]
    return [
        ResponseReasoningSummaryPartAddedEvent(
            **where,
            part=SummaryPart(text="", type="summary_text"),
            type="response.reasoning_summary_part.added",
        ),
        *deltas,
        ResponseReasoningSummaryTextDoneEvent(
            **where, text=part.text, type="response.reasoning_summary_text.done"
        ),
    ]


def _after_answer(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answers = [
        place
        for place, item in enumerate(items)
        if item.get("role") == "assistant" or item.get("type") in ("function_call", "reasoning")
    ]
    return items[answers[-1] + 1 :] if answers else items


def _check_items(items: list[dict[str, Any]]) -> None:
    """Every call has its output, and a reasoning item what it led to."""
    called = [item["call_id"] for item in items if item.get("type") == "function_call"]
    answered = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
    if called != answered:
        raise BadRequest("input: No tool output found for function call")
    for item, after in zip(items, [*items[1:], {}], strict=True):
        follows = after.get("type") in ("function_call", "reasoning")
        if item.get("type") == "reasoning" and not (follows or after.get("role") == "assistant"):
            raise BadRequest("input: reasoning was provided without its required following item")
