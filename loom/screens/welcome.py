"""What the screen says before anything was said, and when a key is missing."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from loom.screens.start import Start
from loom.widgets.keys import Keymap, shown

WELCOME = "Ask anything about this folder. Nothing is changed or run without your word; {} helps."

DEMO_WELCOME = (
    "This is the demo: a scripted model behind Loom's real proxy, tools and permissions, in a "
    "fresh clone of a small project. Press Enter to send the line below, and y to allow a call."
)

_KEYS = {
    "anthropic": "export ANTHROPIC_API_KEY=…",
    "openai": "export OPENAI_API_KEY=…",
    "vertex": "export LOOM_SERVER_VERTEX_PROJECT_ID=…",
}


class Note(NamedTuple):
    """Something to know, and lines that say what to do."""

    text: str
    hint: str = ""


def welcome(keymap: Keymap, start: Start) -> str:
    """What an empty conversation says."""
    if start.is_demo:
        return DEMO_WELCOME
    words = WELCOME.format(shown(keymap, "help", "f1"))
    return f"{words}\n{_offer(keymap, start.last_title)}" if start.last_title else words


def _offer(keymap: Keymap, title: str) -> str:
    return f"Last here: “{title}”; {shown(keymap, 'threads', 'ctrl+t')} lists it."


def missing_key(
    models: Iterable[Mapping[str, Any]],
    provider: str,
    server: str = "",
    *,
    is_daemon: bool = False,
    choose: str = "/model",
) -> Note | None:
    """What to tell when the server cannot reach `provider`; None when it can.

    Of a provider that is turned off the session tells itself.

    Args:
        models: the server's models, with `provider` and `is_configured`.
        server: the address of a server that somebody else may run; empty for Loom's own.
        is_daemon: Loom's own is in the daemon, which has the keys that it was started with.
        choose: how another model is chosen.
    """
    rows = [*models]
    ready = {row["provider"] for row in rows if row.get("is_configured")}
    if provider in ready or any(row.get("off") for row in rows if row["provider"] == provider):
        return None
    others = sorted(ready - {"demo"})
    steps = [
        f"Ready now: {', '.join(others)}. Choose with {choose}." if others else "",
        _DAEMON if is_daemon and not server else "",
        _add_key(provider, server),
        "" if server else _LOCAL,
        "No key at all: /model demo plays the scripted demo model.",
    ]
    text = f"There is no key for {provider}, so nothing can answer yet."
    return Note(text, "\n".join(step for step in steps if step))


_DAEMON = (
    "The daemon that runs has the keys it was started with: loom daemon stop ends it, and what "
    "works in it. Then:"
)

_LOCAL = (
    "A local model: export OPENAI_BASE_URL=http://localhost:11434/v1 (Ollama, llama.cpp, vLLM …), "
    "then loom --provider openai --model NAME."
)


def _add_key(provider: str, server: str) -> str:
    if server:
        return f"A key is added on the server, {server}; Loom's terminal never holds one."
    how = _KEYS.get(provider)
    return f"A key: leave Loom, {how}, start it again." if how else "loom doctor knows more."


def lack_of(row: Mapping[str, Any]) -> str:
    """Why a model of the server's list cannot be asked; empty when it can."""
    if row.get("off"):
        return "turned off"
    return "" if row["is_configured"] else "no key"


def place_of(workspace: Path) -> str:
    """The workspace as a person writes it."""
    try:
        inner = str(workspace.relative_to(Path.home()))
        return "~" if inner == "." else f"~/{inner}"
    except (ValueError, RuntimeError):
        return str(workspace)
