"""What a person does in the app, as one would describe it."""

from loom.widgets.modal import GUARD
from tests.e2e.terminal import Terminal

CHOICES = "y allow once"
PROMPT_LINE = "› Ask Loom"


async def asked(screen: Terminal, tool: str) -> None:
    """Waits for the question about `tool`, and reads it for as long as the modal wants."""
    await screen.until(f"Allow {tool}?", CHOICES)
    await screen.steady(GUARD + 0.05)


async def allow(screen: Terminal, tool: str) -> None:
    """Answers yes."""
    await asked(screen, tool)
    screen.key("y")
    await screen.until_gone(CHOICES)


async def deny(screen: Terminal, tool: str) -> None:
    """Answers no."""
    await asked(screen, tool)
    screen.key("n")
    await screen.until_gone(CHOICES)


async def say(screen: Terminal, text: str) -> None:
    """Empties the input, types `text` and sends it."""
    screen.key("ctrl+u")
    await screen.until(PROMPT_LINE)
    screen.type(text)
    await screen.until(text)
    screen.key("enter")
