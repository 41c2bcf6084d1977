"""oracle: a question to another model, through the same server (catalogue §2.2)."""

from typing import Annotated

from msgspec import Meta, Struct

from loom.core.errors import ProviderError, ToolError
from loom.core.llm import LlmRequest, LlmResponse
from loom.core.messages import Display, Message, Text
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.output import one_line
from loom.tools.text_file import refuse_half_characters

MIN_TOKENS, MAX_TOKENS = 16, 4096
MAX_TEMPERATURE = 2.0
_TELL_ELSEWHERE = frozenset({"not_configured", "auth"})


class OracleArguments(Struct, forbid_unknown_fields=True):
    """Arguments of oracle; numbers out of range are clamped."""

    query: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200_000,
            description="The question with all it needs: the oracle sees nothing else.",
        ),
    ]
    model: Annotated[str, Meta(max_length=200, description="Leave out for the usual one.")] = ""
    max_tokens: Annotated[int, Meta(description="Length of the answer, 16 to 4096.")] = 512
    temperature: Annotated[float, Meta(description="0 to 2.")] = 0.2
    system_prompt: Annotated[str, Meta(max_length=50_000, description="Its role.")] = ""
    provider: Annotated[
        str, Meta(pattern="^[a-z]*$", max_length=30, description="Leave out for the usual one.")
    ] = ""


class Oracle:
    """Asks once, without tools; where its provider has no key, the session's own answers."""

    name = "oracle"
    description = """\
Ask another model for a second opinion: a review, a hard bug, a design. It cannot see files or \
this conversation, so put what matters into the query."""
    arguments: type[Struct] = OracleArguments
    is_read_only = True
    is_mutating = False

    def summary(self, arguments: OracleArguments) -> str:
        """`oracle Is this lock needed?`."""
        return one_line(f"oracle {arguments.query}")

    def access(self, arguments: OracleArguments, context: ToolContext) -> Access:
        """A model behind the same server that already answers this session."""
        return Access(self.name, "none", (arguments.provider or context.oracle[0],))

    async def preview(self, arguments: OracleArguments, context: ToolContext) -> Display:
        """The whole query."""
        return Display("text", self.summary(arguments), arguments.query)

    async def run(self, arguments: OracleArguments, context: ToolContext) -> Answer:
        """Raises ToolError with what the provider said."""
        refuse_half_characters("query", arguments.query)
        refuse_half_characters("system_prompt", arguments.system_prompt)
        try:
            response = await _ask(arguments, context)
        except ProviderError as error:
            raise ToolError(f"the oracle did not answer: {error.message}", error.hint) from error
        return _answer(response)


async def _ask(arguments: OracleArguments, context: ToolContext) -> LlmResponse:
    provider, model = context.oracle
    try:
        chosen = arguments.provider or provider
        usual = model if chosen == provider else "default"
        return await context.complete(chosen, _request(arguments, arguments.model or usual))
    except ProviderError as error:
        is_ours = not arguments.provider and context.provider not in ("", provider)
        if not is_ours or error.error.kind not in _TELL_ELSEWHERE:
            raise
    # The model that was asked for may not exist there.
    return await context.complete(context.provider, _request(arguments, "default"))


def _request(arguments: OracleArguments, model: str) -> LlmRequest:
    messages = [Message("user", (Text(arguments.query),))]
    if arguments.system_prompt:
        messages.insert(0, Message("system", (Text(arguments.system_prompt),)))
    return LlmRequest(
        model,
        tuple(messages),
        max_tokens=min(max(arguments.max_tokens, MIN_TOKENS), MAX_TOKENS),
        temperature=min(max(arguments.temperature, 0.0), MAX_TEMPERATURE),
    )


def _answer(response: LlmResponse) -> Answer:
    text = response.message.text.strip()
    if not text:
        raise ToolError("the oracle answered without a word", "Raise max_tokens or ask otherwise.")
    if response.message.stop_reason == "max_tokens":
        text += "\n[cut off by max_tokens]"
    who = response.message.model or response.message.provider or "oracle"
    summary = f"{who}, {response.usage.output_tokens:,} tokens"
    return Answer(text, display=Display("text", summary, text))
