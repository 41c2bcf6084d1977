"""The session's tools: judged, run, and told what they may use."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from loom.agent.authorize import Authorizer
from loom.agent.services import Services
from loom.core.errors import LoomError, RefusedByPerson
from loom.core.messages import Display, TodoItem, ToolCall, ToolDefinition, ToolResult, error_result
from loom.core.protocol import AnyEvent, TodoChanged, ToolOutput, ToolStarted
from loom.tools.base import SessionMemory, Tool, ToolContext, definition
from loom.tools.invoke import failure, invoke, resolve

CANCELLED = "cancelled by the user before it finished"

Spawn = Callable[[str, str, Callable[[str], None]], Awaitable[str]]
"""Runs a sub-agent: (description, prompt, where its progress is told) -> its last words."""


class Toolbox:
    """What one agent's calls are run with.

    Args:
        provider: the session's provider at the moment.
        key_prefix: makes a sub-agent's call ids unique among the session's.
    """

    def __init__(
        self,
        services: Services,
        workspace: Path,
        authorizer: Authorizer,
        emit: Callable[[AnyEvent], None],
        spawn: Spawn,
        provider: Callable[[], str],
        key_prefix: str = "",
    ) -> None:
        self._services = services
        self._workspace = workspace
        self._authorizer = authorizer
        self._emit = emit
        self._spawn = spawn
        self._provider = provider
        self._key_prefix = key_prefix
        self.memory = SessionMemory()

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """The tools as the model is told of them."""
        return tuple(definition(tool) for tool in self._services.tools.values())

    def names(self, is_wanted: Callable[[Tool], bool]) -> frozenset[str]:
        """Names of the tools with a property, such as being read-only."""
        return frozenset(name for name, tool in self._services.tools.items() if is_wanted(tool))

    async def authorize(self, call: ToolCall, on_wait: Callable[[], None]) -> ToolResult | None:
        """None when the call may run, else the result that tells the model why not."""
        try:
            tool, arguments = resolve(self._services.tools, call)
            context = self._context(call)
            key = self._key_prefix + call.id
            await self._authorizer.authorize(key, tool, arguments, context, on_wait)
        except RefusedByPerson as refusal:
            seen = f"You refused this call: {refusal.feedback}".removesuffix(": ")
            return replace(failure(call, refusal), display=Display("text", body=seen))
        except LoomError as error:
            return failure(call, error)
        return None

    async def run(self, call: ToolCall) -> ToolResult:
        """Run an authorized call. Raises nothing but CancelledError."""
        self._emit(ToolStarted(call_id=call.id, name=call.name, summary=self.summary(call)))
        return await invoke(self._services.tools, call, self._context(call))

    def summary(self, call: ToolCall) -> str:
        """The call in one line for people; its name where the arguments make no sense."""
        try:
            tool, arguments = resolve(self._services.tools, call)
            return tool.summary(arguments)
        except LoomError:
            return call.name

    def cancelled(self, call_id: str) -> ToolResult:
        """The answer of a call that was stopped while it ran."""
        return error_result(call_id, CANCELLED)

    def crashed(self, call_id: str, error: Exception) -> ToolResult:
        """The answer of a call whose own task failed."""
        return error_result(call_id, f"{type(error).__name__} inside Loom; see its log")

    def _context(self, call: ToolCall) -> ToolContext:
        def emit(text: str) -> None:
            self._emit(ToolOutput(call_id=call.id, text=text))

        async def spawn(description: str, prompt: str) -> str:
            return await self._spawn(description, prompt, emit)

        return ToolContext(
            workspace=self._workspace,
            environment=self._services.environment,
            sandbox=self._services.sandbox,
            memory=self.memory,
            emit=emit,
            set_todo=self._set_todo,
            complete=self._services.model.complete,
            search=self._services.search,
            spawn=spawn,
            scratch=self._services.scratch,
            provider=self._provider(),
            oracle=self._services.oracle,
        )

    def _set_todo(self, items: tuple[TodoItem, ...]) -> None:
        self.memory.todo = items
        self._emit(TodoChanged(items=items))

    async def close(self) -> None:
        """End background jobs."""
        # Imported late: a session that never ran a shell has no jobs to end.
        if self.memory.jobs:
            from loom.tools.jobs import close_jobs

            await close_jobs(self.memory)
