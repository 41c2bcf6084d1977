"""What the screen says before anything was said, and when a key is missing."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

WELCOME = "Ask anything about this folder. Nothing is changed or run without your word; F1 helps."

DEMO_WELCOME = (
    "This is the demo: a scripted model behind Loom's real proxy, tools and permissions, in a "
    "fresh clone of a small project. Press Enter to send the line below, and y to allow a call."
)

_HOW = {
    "anthropic": "export ANTHROPIC_API_KEY=…",
    "openai": "export OPENAI_API_KEY=…, or OPENAI_BASE_URL=… for a local endpoint",
    "vertex": "export LOOM_SERVER_VERTEX_PROJECT_ID=…",
}


def missing_key(models: Iterable[Mapping[str, Any]], provider: str) -> str:
    """What to tell when the server cannot reach `provider`; empty when it can."""
    rows = list(models)
    ready = [row["provider"] for row in rows if row.get("is_configured")]
    if provider in ready:
        return ""
    others = sorted(set(ready) - {"demo"})
    also = f" Ready now: {', '.join(others)} (Ctrl+O)." if others else ""
    how = _HOW.get(provider, "see loom doctor")
    return (
        f"The server has no key for {provider}, so it cannot answer yet. Leave Loom, {how}, and "
        f"start it again; the key stays on the server.{also} "
        "Without a key, /model demo plays the demo model."
    )


def place_of(workspace: Path) -> str:
    """The workspace as a person writes it."""
    try:
        return f"~/{workspace.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(workspace)
