"""What the model is told besides the conversation: the system prompt, the place, the project.

Project files are AGENTS.md, CLAUDE.md and LOOM.md, from the repository's root down to the
workspace, so that the nearest speaks last.
"""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from loom.core.messages import Message, Text
from loom.core.protocol import Mode

PROJECT_FILES = ("AGENTS.md", "CLAUDE.md", "LOOM.md")
MAX_PROJECT_CHARS = 40_000

_WINDOWS = (
    ("claude", 200_000),
    ("gemini", 1_000_000),
    ("gpt-5", 400_000),
    ("gpt-4.1", 1_000_000),
    ("o3", 200_000),
    ("o4", 200_000),
    ("demo", 200_000),
)
_PROVIDER_WINDOWS = {"anthropic": 200_000, "openai": 400_000, "vertex": 1_000_000, "demo": 200_000}


def prompt(name: str) -> str:
    """A prompt text shipped beside this module."""
    return (files("loom.agent") / "prompts" / f"{name}.md").read_text().strip()


def window_of(provider: str, model: str) -> int:
    """The context window in tokens that a model's name suggests; 128,000 where nothing does."""
    for prefix, tokens in _WINDOWS:
        if prefix in model:
            return tokens
    return _PROVIDER_WINDOWS.get(provider, 128_000) if model == "default" else 128_000


def project_context(workspace: Path, config_home: Path) -> str:
    """The project files' texts with their places, the person's own first; cut when too long."""
    parts = [
        f"<file path={str(path)!r}>\n{text}\n</file>"
        for path in _project_files(workspace, config_home)
        if (text := _read(path))
    ]
    return "\n\n".join(parts)[:MAX_PROJECT_CHARS]


def _project_files(workspace: Path, config_home: Path) -> Iterable[Path]:
    yield config_home / "LOOM.md"
    seen: set[Path] = set()
    for folder in reversed(_folders_up(workspace)):
        for name in PROJECT_FILES:
            path = folder / name
            # CLAUDE.md is often a link to AGENTS.md: the same text is told once.
            if path.is_file() and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def _folders_up(workspace: Path) -> list[Path]:
    """The workspace and its parents up to the repository's root, or itself alone."""
    folders = [workspace, *workspace.parents]
    for index, folder in enumerate(folders):
        if (folder / ".git").exists():
            return folders[: index + 1]
    return [workspace]


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_PROJECT_CHARS).strip()
    except OSError:
        return ""


def system_message(
    workspace: Path, config_home: Path, mode: Mode, facts: Iterable[tuple[str, str]], role: str = ""
) -> Message:
    """The system prompt: who the agent is, where it is, what the project asks.

    Args:
        facts: lines of the environment block, such as ("date", "2026-11-22"); they change rarely,
            so that the provider's prompt cache holds.
        role: the name of a further prompt, such as `subagent`.
    """
    lines = "\n".join(f"{name}: {value}" for name, value in facts if value)
    parts = [prompt("system"), f"<environment>\nworkspace: {workspace}\n{lines}\n</environment>"]
    if project := project_context(workspace, config_home):
        parts.append(
            "The project's and the person's own guidance, to be followed where it fits:\n" + project
        )
    if role:
        parts.append(prompt(role))
    if mode == "plan":
        parts.append(prompt("plan"))
    return Message("system", (Text("\n\n".join(parts)),))
