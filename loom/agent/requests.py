"""The agent's requests to a model: composed, streamed, summed up."""

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from loom.agent.compaction import summarise
from loom.agent.context import system_message, window_of
from loom.agent.services import AgentSettings, Services
from loom.core.history import SUMMARY_INTRODUCTION, CompactionEntry
from loom.core.llm import (
    Completed,
    LlmError,
    LlmRequest,
    LlmResponse,
    TextDelta,
)
from loom.core.messages import Message, Text, Thread, ToolDefinition, Usage, estimate_tokens
from loom.core.protocol import Mode
from loom.core.state import Input, LlmCompleted, LlmDelta, LlmFailed
from loom.vcs.git import GitState


class Requests:
    """Knows the model in use, the system prompt, the reply in flight and what was spent.

    Attributes:
        cost_usd: of all answers whose price is known; None when it is of none.
    """

    def __init__(
        self,
        services: Services,
        settings: AgentSettings,
        thread: Thread,
        tools: tuple[ToolDefinition, ...],
        role: str,
    ) -> None:
        self._services = services
        self._settings = settings
        self._workspace = Path(thread.workspace)
        self._thread_id = thread.id
        self._tools = tools
        self._role = role
        self._system: Message | None = None
        self._text: list[str] = []
        self._asked = (settings.provider, settings.model)
        self.provider = settings.provider
        self.model = settings.model
        self.usage = Usage()
        self.cost_usd: float | None = None
        self._notices: list[str] = []

    def spent(self, usage: Usage, cost_usd: float | None) -> None:
        """Adds what an answer took."""
        self.usage += usage
        if cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + cost_usd

    def notices(self) -> list[str]:
        """What the server said to the person beside its answers, told once."""
        told, self._notices = self._notices, []
        return told

    @property
    def window(self) -> int:
        """The context window in tokens."""
        return self._settings.context_limit or window_of(self.provider, self.model)

    def prepare(self, mode: Mode, git: GitState) -> None:
        """Make the system prompt anew: once a turn, so that the provider's cache holds in it."""
        today = datetime.fromtimestamp(self._services.clock.now_ms() / 1_000, UTC).date()
        facts = (
            ("platform", f"{platform.system()} {platform.machine()}"),
            ("date", today.isoformat()),
            ("git branch", git.branch),
            ("shell sandbox", self._services.sandbox.statement),
        )
        self._system = system_message(
            self._workspace, self._services.config_home, mode, facts, self._role
        )

    async def send(self, messages: tuple[Message, ...], post: Callable[[Input], None]) -> None:
        """Stream one answer into `post`: deltas, then LlmCompleted or LlmFailed."""
        self._text.clear()
        # Another model may be chosen while this one answers.
        self._asked = provider, _ = self.provider, self.model
        request = self._request(messages)
        async for event in self._services.model.stream(provider, request):
            if isinstance(event, Completed):
                post(LlmCompleted(self._received(event.response)))
            elif isinstance(event, LlmError):
                post(LlmFailed(event, self._services.clock.jitter()))
            else:
                if isinstance(event, TextDelta):
                    self._text.append(event.content)
                post(LlmDelta(event))

    def _request(self, messages: tuple[Message, ...]) -> LlmRequest:
        system = (self._system,) if self._system else ()
        return LlmRequest(
            self.model,
            (*system, *messages),
            self._tools,
            self._settings.max_tokens,
            thread_id=self._thread_id,
        )

    def _received(self, response: LlmResponse) -> LlmResponse:
        """The response with its message named, dated and signed with the model that made it."""
        self.spent(response.usage, response.cost_usd)
        self._notices += [response.notice] if response.notice else []
        clock = self._services.clock
        message = replace(
            response.message,
            id=clock.new_message_id(),
            created_at=clock.now_ms(),
            provider=response.message.provider or self._asked[0],
            usage=response.usage,
            stop_reason=response.finish_reason,
        )
        return replace(response, message=message)

    def partial(self) -> Message | None:
        """The text streamed so far, as a message; None when there is none."""
        if not self._text:
            return None
        clock = self._services.clock
        return Message(
            "assistant",
            (Text("".join(self._text)),),
            clock.new_message_id(),
            clock.now_ms(),
            *self._asked,
        )

    def settled(self) -> None:
        """The reply in flight is over, kept or not."""
        self._text.clear()

    @property
    def streamed(self) -> str:
        """The text of the reply in flight."""
        return "".join(self._text)

    async def compact(
        self, messages: tuple[Message, ...], instructions: str, folded: int
    ) -> tuple[CompactionEntry, Message]:
        """The row that folds `folded` visible messages, and the message that stands for them.

        Raises ProviderError.
        """
        request = LlmRequest(self.model, messages, thread_id=self._thread_id)
        notes, usage, cost_usd = await summarise(
            self._services.model, self.provider, request, instructions, self.window
        )
        self.spent(usage, cost_usd)
        summary = Message("user", (Text(SUMMARY_INTRODUCTION + notes),))
        before = sum(map(estimate_tokens, messages))
        return CompactionEntry(notes, folded, before, estimate_tokens(summary)), summary
