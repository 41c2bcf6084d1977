"""Slash commands and the palette's lines: one row each, carried out by an action of the screen."""

from difflib import get_close_matches
from typing import NamedTuple


class SlashCommand(NamedTuple):
    """`/name argument` runs `action_<action>(argument)` of the chat screen.

    Attributes:
        argument: how the argument is shown in help; empty when there is none, in brackets when it
            may be left out.
        key: the key that does the same, for help.
    """

    name: str
    action: str
    summary: str
    argument: str = ""
    key: str = ""


COMMANDS = (
    SlashCommand("help", "help", "keys and commands", key="F1"),
    SlashCommand("new", "new_thread", "start a new thread", key="Ctrl+N"),
    SlashCommand("threads", "threads", "find and open a thread", key="Ctrl+T"),
    SlashCommand("model", "pick_model", "choose the model", "[provider] [model]", "Ctrl+O"),
    SlashCommand("mode", "set_mode", "what may run unasked", "[ask|edit|auto|plan]", "Shift+Tab"),
    SlashCommand("tools", "tool_panel", "the turn's tool calls and the plan", key="Ctrl+R"),
    SlashCommand("compact", "compact", "summarise the conversation", "[what to keep]"),
    SlashCommand("uncompact", "uncompact", "undo the last compaction"),
    SlashCommand("stop", "stop", "stop the agent", key="Esc"),
    SlashCommand("retry", "retry_now", "end the retry countdown"),
    SlashCommand("rename", "rename", "set the thread's title", "title"),
    SlashCommand("private", "private", "keep this thread on this machine, or not any more"),
    SlashCommand("copy", "copy_answer", "copy the last answer as markdown"),
    SlashCommand("theme", "theme", "choose the colours", "[name]"),
    SlashCommand("quit", "leave", "leave Loom", key="Ctrl+C twice"),
)

BY_NAME = {command.name: command for command in COMMANDS}


class Line(NamedTuple):
    """A typed line, understood: `command` is None when no row has that name."""

    name: str
    argument: str
    command: SlashCommand | None


def parse(text: str) -> Line | None:
    """The command in `text`, or None when it is a message. `//` begins a message with a slash."""
    if not text.startswith("/") or text.startswith("//") or "\n" in text:
        return None
    name, _, argument = text[1:].partition(" ")
    if "/" in name:  # a path such as /etc/hosts is a message
        return None
    return Line(name, argument.strip(), BY_NAME.get(name))


def nearest(name: str) -> str:
    """What the person may have meant, as a hint."""
    close = get_close_matches(name, BY_NAME, n=1)
    return f"Did you mean /{close[0]}?" if close else "F1 lists the commands."


def help_text(bindings: list[tuple[str, str]]) -> str:
    """Everything a person can do, as markdown.

    Args:
        bindings: (key, what it does) of the screen.
    """
    commands = "\n".join(f"| `{_usage(c)}` | {c.summary} | {c.key} |" for c in COMMANDS)
    keys = "\n".join(f"| `{key}` | {summary} |" for key, summary in bindings)
    return (
        "## Writing\n\n"
        "`Enter` sends, `Shift+Enter` or `Ctrl+J` begins a new line. "
        "`@` completes a file, `#` a thread, `/` a command; `!` runs a shell line. "
        "`Up` recalls what you sent before. "
        "What you send while the agent works is delivered when it rests.\n\n"
        "## Reading\n\n"
        "`PgUp` and `PgDn` scroll. `Ctrl+Up` puts the keyboard on the conversation: there `Up` and "
        "`Down` go from item to item, `Enter` or `o` opens what is folded (output, thinking), `y` "
        "copies, `i` goes back to the input. With the mouse: a click on a first line opens it, "
        "dragging selects and `Ctrl+C` copies.\n\n"
        "## Answering\n\n"
        "When Loom asks: `y` allows this once, `a` always by a rule you can edit, `n` denies, `d` "
        "denies and tells the model why, `Esc` answers later and `Ctrl+G` comes back.\n\n"
        f"## Keys\n\n| key | what it does |\n|---|---|\n{keys}\n\n"
        f"## Commands\n\n| command | what it does | key |\n|---|---|---|\n{commands}\n"
    )


def _usage(command: SlashCommand) -> str:
    """The command with its argument; a bar would end the table's cell."""
    return f"/{command.name} {command.argument}".strip().replace("|", "\\|")
