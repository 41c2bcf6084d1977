"""Which files a conversation touched, as its tool calls name them."""

from collections.abc import Iterable, Iterator

from loom.core.history import Entry, MessageEntry

NAMES = ("path", "file_path", "file", "filename")
"""The arguments, of our tools and of others', that name a file."""

LONGEST = 1_024


def files_of(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Each path once, in the order of the calls; folders that a tool was pointed at are among them.

    What is no text, or too long for a path, is left out.
    """
    return tuple(dict.fromkeys(_paths(entries)))


def _paths(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if not isinstance(entry, MessageEntry):
            continue
        for call in entry.message.tool_calls:
            for name in NAMES:
                path = call.input.get(name)
                if isinstance(path, str) and _is_path(path):
                    yield path


def _is_path(text: str) -> bool:
    is_short = 0 < len(text) <= LONGEST
    return is_short and text.isprintable() and text.strip("./") != ""
