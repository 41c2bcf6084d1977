"""The Gemini wire of Vertex AI."""

import base64
import json
from itertools import count
from typing import Any

from google.genai import types
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from tests.fakes.providers.script import Asked, Part, Refusal, Say, Think, Turn
from tests.fakes.providers.validation import BadRequest, told
from tests.fakes.providers.wire import sse


class GenerateContentRequest(BaseModel):
    """The REST body, whose fields are the SDK's own types."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    contents: list[types.Content]
    system_instruction: types.Content | None = None
    tools: list[types.Tool] | None = None
    tool_config: types.ToolConfig | None = None
    generation_config: types.GenerationConfig | None = None
    safety_settings: list[types.SafetySetting] | None = None
    labels: dict[str, str] | None = None


class GeminiWire:
    """Gemini on Vertex; whether it streams is in the path."""

    closing = 1

    def __init__(self) -> None:
        self._numbers = count(1)

    def asked(self, body: dict[str, Any]) -> Asked:
        try:
            request = GenerateContentRequest.model_validate(body)
        except ValidationError as error:
            raise BadRequest(told(error)) from error
        _check_turns(request.contents)
        parts = request.contents[-1].parts or []
        tools = [tool.function_declarations or [] for tool in request.tools or []]
        responses = [part.function_response for part in parts if part.function_response]
        return Asked(
            "gemini",
            "",
            False,
            tuple(declaration.name or "" for group in tools for declaration in group),
            "\n".join(part.text for part in parts if part.text),
            tuple("\n".join(map(str, (r.response or {}).values())) for r in responses),
        )

    def stream(self, turn: Turn, model: str) -> list[bytes]:
        number = next(self._numbers)
        pieces = [piece for part in turn.parts for piece in _parts(part)]
        chunks = [_response(turn, model, number, [piece], is_last=False) for piece in pieces]
        chunks.append(_response(turn, model, number, [types.Part(text="")], is_last=True))
        return [sse(_json(chunk)) for chunk in chunks]

    def whole(self, turn: Turn, model: str) -> bytes:
        parts = [piece for part in turn.parts for piece in _parts(part, is_whole=True)]
        response = _response(turn, model, next(self._numbers), parts, is_last=True)
        return _json(response).encode()

    def error_event(self) -> bytes:
        error = {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}
        return sse(json.dumps({"error": error}))

    def refusal(self, refusal: Refusal) -> bytes:
        error = {"code": refusal.status, "message": refusal.message, "status": refusal.kind}
        return json.dumps({"error": error}).encode()


def _json(response: types.GenerateContentResponse) -> str:
    return response.model_dump_json(by_alias=True, exclude_none=True)


def _response(
    turn: Turn, model: str, number: int, parts: list[types.Part], *, is_last: bool
) -> types.GenerateContentResponse:
    candidate = types.Candidate(
        content=types.Content(role="model", parts=parts),
        finish_reason=_stop(turn) if is_last else None,
    )
    tokens = turn.tokens
    prompt = tokens.input + tokens.cache_read + tokens.cache_write
    usage = types.GenerateContentResponseUsageMetadata(
        prompt_token_count=prompt,
        cached_content_token_count=tokens.cache_read,
        candidates_token_count=tokens.output - 1,
        thoughts_token_count=1,
        total_token_count=prompt + tokens.output,
    )
    return types.GenerateContentResponse(
        candidates=[candidate],
        model_version=model,
        response_id=f"fake{number}",
        usage_metadata=usage if is_last else None,
    )


def _parts(part: Part, *, is_whole: bool = False) -> list[types.Part]:
    """A function call comes in one piece and signed; ids are left out, as Vertex often does."""
    if isinstance(part, Say):
        return [types.Part(text=piece) for piece in ([part.text] if is_whole else part.pieces)]
    if isinstance(part, Think):
        pieces = [part.text] if is_whole else part.pieces
        return [types.Part(text=piece, thought=True) for piece in pieces]
    call = types.FunctionCall(name=part.name, args=part.input, id=part.id or None)
    return [types.Part(function_call=call, thought_signature=base64.b64decode("c2lnbmF0dXJl"))]


def _stop(turn: Turn) -> types.FinishReason:
    if turn.stop == "max_tokens":
        return types.FinishReason.MAX_TOKENS
    return types.FinishReason.SAFETY if turn.stop == "refusal" else types.FinishReason.STOP


def _check_turns(contents: list[types.Content]) -> None:
    """Turns alternate from the user to the user, and responses are as many as calls."""
    calls: list[str | None] = []
    for place, content in enumerate(contents):
        if content.role != ("model" if place % 2 else "user"):
            raise BadRequest(f"contents.{place}: turns must alternate between user and model")
        parts = content.parts or []
        answers = [part.function_response.name for part in parts if part.function_response]
        if answers != calls:
            raise BadRequest(
                f"contents.{place}: the number of function response parts must equal the "
                "number of function call parts of the function call turn"
            )
        calls = [part.function_call.name for part in parts if part.function_call]
    if contents[-1].role != "user":
        raise BadRequest("contents: the last turn must be the user's")
