"""What the model is told besides the conversation: the system prompt, the place, the project.

Project files are AGENTS.md, CLAUDE.md and LOOM.md, from the repository's root down to the
workspace, so that the nearest speaks last.
"""

from collections.abc import Iterable
from importlib.resources import files
from os.path import realpath
from pathlib import Path

from loom.core.messages import Message, Text
from loom.core.protocol import Mode

PROJECT_FILES = ("AGENTS.md", "CLAUDE.md", "LOOM.md")
MAX_PROJECT_CHARS = 40_000
CUT = "\n… the rest is left out"

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
    """The project files' texts with their places, the person's own first.

    Where all are too long, the nearest to the workspace are told and the others cut.
    """
    parts: list[str] = []
    left = MAX_PROJECT_CHARS
    for path in reversed(list(_project_files(workspace, config_home))):
        text = _read(path, left)
        left -= len(text)
        if text:
            # No text may close its own frame and speak as if it were ours.
            text = text.replace("</file", "<\\/file")
            parts.append(f"<file path={str(path)!r}>\n{text}\n</file>")
    return "\n\n".join(reversed(parts))


def _project_files(workspace: Path, config_home: Path) -> Iterable[Path]:
    yield config_home / "LOOM.md"
    folders = _folders_up(workspace)
    seen: set[Path] = set()
    for folder in reversed(folders):
        for name in PROJECT_FILES:
            target = _target(folder / name)
            # CLAUDE.md is often a link to AGENTS.md: the same text is told once. A link out of
            # the repository could tell a provider anything that this process may read.
            if target and target not in seen and target.is_relative_to(_resolved(folders[-1])):
                seen.add(target)
                yield folder / name


def _folders_up(workspace: Path) -> list[Path]:
    """The workspace and its parents up to the repository's root, or itself alone."""
    folders = [workspace, *workspace.parents]
    for index, folder in enumerate(folders):
        if _is_root(folder):
            return folders[: index + 1]
    return [workspace]


def _is_root(folder: Path) -> bool:
    try:
        return (folder / ".git").exists()
    except OSError:  # a folder above that may not be searched
        return False


def _target(path: Path) -> Path | None:
    """The regular file that `path` is or leads to; None where there is none that can be read."""
    try:
        return _resolved(path) if path.is_file() else None
    except OSError:
        return None


def _resolved(path: Path) -> Path:
    return Path(realpath(path))


def _read(path: Path, chars: int) -> str:
    if not chars:
        return ""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(chars + 1).strip()
    except OSError:
        return ""
    if len(text) <= chars:
        return text
    return text[: max(0, chars - len(CUT))] + CUT


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
