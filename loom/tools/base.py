"""What a tool is, what it is given, and what it returns."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from loom.core.errors import InvalidArguments
from loom.core.llm import LlmRequest, LlmResponse
from loom.core.messages import Display, Image, Text, TodoItem, ToolDefinition
from loom.core.permissions import Access
from loom.sandbox import Sandbox


class Answer(Struct, frozen=True):
    """A tool's success: what the model reads, and what a person sees."""

    text: str
    images: tuple[Image, ...] = ()
    display: Display | None = None
    is_error: bool = False

    @property
    def content(self) -> tuple[Text | Image, ...]:
        """The blocks that go into the ToolResult."""
        return (Text(self.text), *self.images) if self.text else self.images


class SearchHit(Struct, frozen=True, omit_defaults=True):
    """One web result (catalogue §2.2)."""

    title: str
    url: str
    snippet: str = ""
    display_link: str = ""
    rank: int = 0


@dataclass
class SessionMemory:
    """What tools of one live session remember between calls.

    Attributes:
        seen: content hash of each file as the model last read or wrote it, by absolute path; an
            edit of a file that changed since is refused with what to do.
        jobs: background shell jobs by id, owned by the bash tool.
        todo: the visible plan.
    """

    seen: dict[Path, str] = field(default_factory=dict)
    jobs: dict[str, Any] = field(default_factory=dict)
    todo: tuple[TodoItem, ...] = ()


@dataclass(frozen=True)
class ToolContext:
    """Everything a tool may use; one per call.

    Attributes:
        workspace: absolute, resolved root; every path argument stays under it.
        environment: what children inherit: never a provider key or a Loom token.
        sandbox: how `bash` is confined, or a plain statement that it is not.
        memory: shared by the calls of one session.
        emit: called with pieces of output while the tool runs; cheap, never blocks.
        set_todo: replaces the visible plan.
        complete: one whole model answer through the proxy: (provider, request) -> response. Raises
            ProviderError.
        search: the web through the server: (query, max_results) -> hits. Raises ToolError.
        spawn: runs a sub-agent in a thread of its own: (description, prompt) -> its last words.
        scratch: a private folder for this session's long outputs.
        provider: the session's own, to which `oracle` falls back.
        oracle: provider and model that `oracle` asks unless it is told otherwise.
    """

    workspace: Path
    environment: Mapping[str, str]
    sandbox: Sandbox
    memory: SessionMemory
    emit: Callable[[str], None]
    set_todo: Callable[[tuple[TodoItem, ...]], None]
    complete: Callable[[str, LlmRequest], Awaitable[LlmResponse]]
    search: Callable[[str, int], Awaitable[tuple[SearchHit, ...]]]
    spawn: Callable[[str, str], Awaitable[str]]
    scratch: Path
    provider: str = ""
    oracle: tuple[str, str] = ("openai", "default")


class Tool(Protocol):
    """One row of TOOLS. `arguments` is a msgspec Struct type; its docstrings feed the schema.

    `run` raises ToolError for what the model can mend; it must tolerate cancellation at any await
    and leave no process behind.
    """

    name: str
    description: str
    arguments: type[Struct]
    is_read_only: bool
    is_mutating: bool

    def summary(self, arguments: Any) -> str:
        """One line for people: `read loom/app.py:1-80`, `bash pytest -q`."""
        ...

    def access(self, arguments: Any, context: ToolContext) -> Access:
        """What the call would touch. Raises ToolError for arguments that can never be right."""
        ...

    async def preview(self, arguments: Any, context: ToolContext) -> Display:
        """Exactly what would run, or the exact diff, for the permission modal."""
        ...

    async def run(self, arguments: Any, context: ToolContext) -> Answer:
        """Do it. Raises ToolError."""
        ...


def parse_arguments(tool: Tool, raw: dict[str, Any]) -> Any:
    """`raw` as the tool's own Struct. Raises InvalidArguments with the place and the cause."""
    _refuse_unprintable(raw)
    try:
        return msgspec.convert(raw, tool.arguments)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidArguments(f"{tool.name}: {error}") from error


def _refuse_unprintable(raw: dict[str, Any]) -> None:
    for key, value in raw.items():
        if isinstance(value, str) and "\0" in value:
            raise InvalidArguments(f"{key} holds a NUL character")


def definition(tool: Tool) -> ToolDefinition:
    """The tool as the model is told of it."""
    schema = msgspec.json.schema(tool.arguments)
    reference = schema.pop("$ref", "").rsplit("/", 1)[-1]
    definitions = schema.pop("$defs", {})
    body = definitions.pop(reference, schema)
    for noise in ("title",):
        body.pop(noise, None)
    if definitions:
        body["$defs"] = definitions
    return ToolDefinition(tool.name, tool.description, body)
