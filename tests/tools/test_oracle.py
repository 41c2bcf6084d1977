import dataclasses
from dataclasses import dataclass, field

import pytest

from loom.core.errors import ProviderError, ToolError
from loom.core.llm import ErrorKind, LlmError, LlmRequest, LlmResponse
from loom.core.messages import Message, Text, Usage
from loom.tools.base import Answer, ToolContext, parse_arguments
from loom.tools.oracle import Oracle


@dataclass
class Models:
    """Providers that answer with their own name; those in `failing` fail in their way."""

    failing: dict[str, ErrorKind] = field(default_factory=dict)
    stop_reason: str = "end_turn"
    asked: list[tuple[str, LlmRequest]] = field(default_factory=list)

    async def complete(self, provider: str, request: LlmRequest) -> LlmResponse:
        self.asked.append((provider, request))
        if provider in self.failing:
            raise ProviderError(LlmError("no", self.failing[provider], hint="Add a key."))
        said = Message(
            "assistant",
            (Text(f"I am {provider}."),),
            model="m-1",
            stop_reason=self.stop_reason,
        )
        return LlmResponse(said, usage=Usage(10, 1234))


async def ask(context: ToolContext, models: Models, **arguments: object) -> Answer:
    tool = Oracle()
    changed = dataclasses.replace(context, complete=models.complete, provider="anthropic")
    return await tool.run(parse_arguments(tool, {"query": "why?"} | arguments), changed)


async def test_answer_is_the_other_models_words(context: ToolContext) -> None:
    answer = await ask(context, Models())
    assert (answer.text, answer.is_error) == ("I am openai.", False)
    assert answer.display is not None
    assert answer.display.summary == "m-1, 1,234 tokens"


async def test_request_holds_the_query_alone(context: ToolContext) -> None:
    models = Models()
    await ask(context, models)
    (_, request) = models.asked[0]
    assert [(message.role, message.text) for message in request.messages] == [("user", "why?")]
    assert (request.model, request.max_tokens, request.temperature) == ("default", 512, 0.2)


async def test_role_is_a_system_message(context: ToolContext) -> None:
    models = Models()
    await ask(context, models, system_prompt="a critic")
    assert [message.role for message in models.asked[0][1].messages] == ["system", "user"]


@pytest.mark.parametrize(
    ("given", "max_tokens", "temperature"),
    [
        ({"max_tokens": 1, "temperature": -1}, 16, 0.0),
        ({"max_tokens": 10**9, "temperature": 9.5}, 4096, 2.0),
        ({"max_tokens": 100, "temperature": 1}, 100, 1.0),
    ],
)
async def test_numbers_are_clamped(
    context: ToolContext, given: dict[str, object], max_tokens: int, temperature: float
) -> None:
    models = Models()
    await ask(context, models, **given)
    request = models.asked[0][1]
    assert (request.max_tokens, request.temperature) == (max_tokens, temperature)


async def test_settings_choose_provider_and_model(context: ToolContext) -> None:
    models = Models()
    await ask(dataclasses.replace(context, oracle=("vertex", "gemini-x")), models)
    assert (models.asked[0][0], models.asked[0][1].model) == ("vertex", "gemini-x")


async def test_arguments_choose_before_settings(context: ToolContext) -> None:
    models = Models()
    configured = dataclasses.replace(context, oracle=("vertex", "gemini-x"))
    await ask(configured, models, provider="openai")
    await ask(configured, models, model="other")
    assert [(provider, request.model) for provider, request in models.asked] == [
        ("openai", "default"),
        ("vertex", "other"),
    ]


async def test_sessions_own_provider_answers_where_the_oracle_has_no_key(
    context: ToolContext,
) -> None:
    models = Models({"openai": "not_configured"})
    answer = await ask(context, models, model="o9")
    assert answer.text == "I am anthropic."
    assert [request.model for _, request in models.asked] == ["o9", "default"]


@pytest.mark.parametrize(
    ("failing", "arguments", "asked"),
    [
        ({"openai": "transient"}, {}, ["openai"]),
        ({"openai": "not_configured"}, {"provider": "openai"}, ["openai"]),
        ({"openai": "auth", "anthropic": "auth"}, {}, ["openai", "anthropic"]),
    ],
)
async def test_failure_is_told_with_what_to_do(
    context: ToolContext,
    failing: dict[str, ErrorKind],
    arguments: dict[str, object],
    asked: list[str],
) -> None:
    models = Models(failing)
    with pytest.raises(ToolError, match="the oracle did not answer: no") as caught:
        await ask(context, models, **arguments)
    assert caught.value.hint == "Add a key."
    assert [provider for provider, _ in models.asked] == asked


async def test_answer_that_was_cut_off_says_so(context: ToolContext) -> None:
    answer = await ask(context, Models(stop_reason="max_tokens"))
    assert answer.text.endswith("[cut off by max_tokens]")


def test_oracle_changes_nothing(context: ToolContext) -> None:
    tool = Oracle()
    access = tool.access(parse_arguments(tool, {"query": "why?"}), context)
    assert (access.kind, access.targets) == ("none", ("openai",))
