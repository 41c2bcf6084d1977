"""Slash commands and the palette's lines: one row each, carried out by an action of the screen."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import NamedTuple

KeyOf = Callable[[str, str], str]
"""(an action's name, its usual key) -> its key now, both as people write them."""


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
    SlashCommand("copy", "copy", "copy the last answer, or what is named", "[plain|code|all|2]"),
    SlashCommand("goto", "go_to", "go to one of your messages", "[number]"),
    SlashCommand("previous", "previous_message", "go to your message before", key="{"),
    SlashCommand("next", "next_message", "go to your next message", key="}"),
    SlashCommand("mouse", "free_mouse", "leave the mouse to the terminal, or not", key="F12"),
    SlashCommand("theme", "theme", "choose the colours", "[name]"),
    SlashCommand("usage", "usage", "what requests cost, and the budgets"),
    SlashCommand("support", "support", "answer the server's support"),
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


def keeps_place(text: str) -> bool:
    """Whether `text` is a command that goes on from what is in view."""
    line = parse(text)
    return line is not None and line.command is not None and line.command.action in _FROM_HERE


def nearest(name: str) -> str:
    """What the person may have meant, as a hint."""
    close = get_close_matches(name, BY_NAME, n=1)
    return f"Did you mean /{close[0]}?" if close else "/help lists the commands."


def help_text(bindings: list[tuple[str, str]], key: KeyOf) -> str:
    """Everything a person can do, as markdown.

    Args:
        bindings: (key, what it does) of the screen.
        key: the present key of an action, by its name and its usual key.
    """
    commands = "\n".join(f"| `{_usage(c)}` | {c.summary} | {key_of(c, key)} |" for c in COMMANDS)
    keys = "\n".join(f"| `{key}` | {summary} |" for key, summary in bindings)
    return (
        "## Writing\n\n"
        f"`{key('input.send', 'Enter')}` sends, "
        f"`{key('input.newline', 'Shift+Enter` or `Ctrl+J')}` begins a new line. "
        "`@` completes a file, `#` a thread, `/` a command; `!` runs a shell line. "
        "`Up` recalls what you sent before. "
        "What you send while the agent works is delivered when it rests.\n\n"
        "## Reading\n\n"
        f"`{key('page_up', 'PgUp')}` and `{key('page_down', 'PgDn')}` scroll. "
        f"`{key('read', 'Ctrl+Up')}` puts the keyboard on the conversation: there "
        f"`{key('transcript.up', 'Up')}` and `{key('transcript.down', 'Down')}` go from item to "
        f"item, `{key('transcript.open', 'Enter` or `o')}` opens what is folded (output, "
        f"thinking), `{key('transcript.copy', 'y')}` copies, "
        f"`{key('transcript.copy_code', 'c')}` its block of code and then the next one. "
        f"`{key('transcript.previous_message', '{')}` and "
        f"`{key('transcript.next_message', '}')}` go to your message before and after, "
        "`/goto 3` to your third. "
        f"`{key('find', 'Ctrl+F')}` finds a text, `{key('transcript.next_hit', 'n')}` and "
        f"`{key('transcript.previous_hit', 'N')}` then go to the next place and the one before. "
        f"`{key('transcript.copy_mode', 'v')}` begins copy mode: a caret (arrows, `hjkl`, `w`, "
        "`b`, `0`, `$`, `g`, `G`), `v` selects, `V` by lines, `y` copies, `Y` as markdown, "
        "`Enter` opens the address or file at the caret. "
        f"`{key('back', 'Esc')}` goes back to "
        f"the input. `{key('next_pane', 'F6')}` goes from pane to pane. "
        "With the mouse: a click on a first line opens it, "
        "dragging selects, `Ctrl+C` copies, `Ctrl` and a click open an address or file; "
        f"`{key('free_mouse', 'F12')}` leaves the mouse to the terminal.\n\n"
        "## Answering\n\n"
        f"When Loom asks: `{key('permission.allow', 'y')}` allows this once, "
        f"`{key('permission.always', 'a')}` always by a rule you can edit, "
        f"`{key('permission.deny', 'n')}` denies, `{key('permission.deny_why', 'd')}` "
        f"denies and tells the model why, `{key('modal.cancel', 'Esc')}` answers later and "
        f"`{key('answer', 'Ctrl+G')}` comes back.\n\n"
        f"## Keys\n\n| key | what it does |\n|---|---|\n{keys}\n\n"
        f"## Commands\n\n| command | what it does | key |\n|---|---|---|\n{commands}\n"
    )


def key_of(command: SlashCommand, key: KeyOf) -> str:
    """The key that does the same as a command; empty when there is none."""
    if not command.key:
        return ""
    usual, _, times = command.key.partition(" ")
    return f"{key(_ACTIONS.get(command.action, command.action), usual)} {times}".strip()


_FROM_HERE = frozenset({"go_to", "previous_message", "next_message"})

_ACTIONS = {
    "set_mode": "next_mode",
    "leave": "interrupt",
    "stop": "input.stop",
    "previous_message": "transcript.previous_message",
    "next_message": "transcript.next_message",
}
"""Names of the actions whose key does what a command does, where they are not the command's own."""


def _usage(command: SlashCommand) -> str:
    """The command with its argument; a bar would end the table's cell."""
    return f"/{command.name} {command.argument}".strip().replace("|", "\\|")
