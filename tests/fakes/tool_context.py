"""A ToolContext with real parts where a file tool needs them, and refusals for the rest."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loom.core.errors import ToolError
from loom.core.llm import LlmRequest, LlmResponse
from loom.core.messages import TodoItem
from loom.tools.base import SearchHit, SessionMemory, ToolContext


@dataclass
class Unconfined:
    """A Sandbox that confines nothing and remembers what it was asked to wrap."""

    is_confining: bool = False
    statement: str = "Nothing is confined in this test."
    brief: str = "not confined in this test"
    wrapped: list[list[str]] = field(default_factory=list)

    def wrap(
        self,
        command: Sequence[str],
        workspace: Path,
        cwd: Path,
        environment: Mapping[str, str],
        scratch: Path | None = None,
    ) -> list[str]:
        self.wrapped.append(list(command))
        return list(command)


async def _no_model(provider: str, request: LlmRequest) -> LlmResponse:
    raise ToolError("no model in this test")


async def _no_search(query: str, max_results: int) -> tuple[SearchHit, ...]:
    raise ToolError("no web in this test")


async def _no_spawn(description: str, prompt: str) -> str:
    raise ToolError("no sub-agents in this test")


def tool_context(workspace: Path, scratch: Path, **changes: Any) -> ToolContext:
    """A context on `workspace`; any field may be given in `changes`."""
    memory = SessionMemory()

    def keep(todo: tuple[TodoItem, ...]) -> None:
        memory.todo = todo

    parts: dict[str, Any] = {
        "workspace": workspace.resolve(),
        "environment": {"PATH": os.environ["PATH"]},
        "sandbox": Unconfined(),
        "memory": memory,
        "emit": lambda piece: None,
        "set_todo": keep,
        "complete": _no_model,
        "search": _no_search,
        "spawn": _no_spawn,
        "scratch": scratch,
    }
    return ToolContext(**(parts | changes))
