"""A thread as a Markdown page to read: what was said in the open, tool calls folded away."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape

import msgspec

from loom.core.history import (
    CompactionEntry,
    CompactionUndoneEntry,
    Entry,
    MessageEntry,
    ToolResultEntry,
    UnknownEntry,
)
from loom.core.messages import (
    Block,
    Image,
    Message,
    Opaque,
    Text,
    Thinking,
    Thread,
    ToolCall,
    ToolResult,
    Unknown,
)

# Escape sequences in a tool's output would otherwise speak to the terminal that shows the page.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SPEAKERS = {"user": "You", "assistant": "Loom", "system": "System"}


def render(thread: Thread, entries: Iterable[Entry]) -> str:
    """The page; ends with a newline."""
    entries = tuple(entries)
    results = {
        entry.result.tool_use_id: entry.result
        for entry in reversed(entries)
        if isinstance(entry, ToolResultEntry)
    }
    parts = [f"# {_line(thread.title) or 'Untitled'}", _facts(thread)]
    for entry in entries:
        parts.extend(_entry(entry, results))
    return _CONTROL.sub("", "\n\n".join(filter(None, parts))) + "\n"


def _facts(thread: Thread) -> str:
    facts = {
        "Thread": thread.id,
        "Started": _time(thread.created_at),
        "Last activity": _time(thread.updated_at),
        "Workspace": thread.workspace,
        "Branch": thread.git_branch,
        "Commit": thread.git_commit,
        "Model": " ".join(filter(None, (thread.provider, thread.model))),
        "Tags": ", ".join(thread.tags),
    }
    return "\n".join(f"- {name}: {_line(value)}" for name, value in facts.items() if value)


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _entry(entry: Entry, results: Mapping[str, ToolResult]) -> Iterator[str]:
    if isinstance(entry, MessageEntry):
        yield from _message(entry.message, results)
    elif isinstance(entry, CompactionEntry):
        summary = f"The model sees a summary of the first {entry.folded} messages"
        yield _folded(summary, _quoted(entry.summary))
    elif isinstance(entry, CompactionUndoneEntry):
        yield "*The summary was undone.*"
    elif isinstance(entry, UnknownEntry):
        yield f"*An entry of the kind `{_line(entry.kind)}`, which this Loom cannot show.*"


def _message(message: Message, results: Mapping[str, ToolResult]) -> Iterator[str]:
    model = f" ({_line(message.model)})" if message.model else ""
    yield f"## {_SPEAKERS[message.role]}{model}"
    for block in message.content:
        yield from _block(block, results)
    if message.stop_reason == "cancelled":
        yield "*Stopped here.*"


def _block(block: Block, results: Mapping[str, ToolResult]) -> Iterator[str]:
    match block:
        case Text(text):
            yield text.strip()
        case Thinking(text):
            yield _folded("Thinking", _quoted(text))
        case Image(media_type, data):
            yield f"*[{_line(media_type)}, {len(data) * 3 // 4:,} bytes]*"
        case ToolCall():
            yield _call(block, results.get(block.id))
        case ToolResult():
            yield _folded("Result", _result(block))
        case Opaque(provider):
            yield f"*[A block that only {_line(provider)} can read.]*"
        case Unknown(kind):
            yield f"*[A block of the kind `{_line(kind)}`, which this Loom cannot show.]*"


def _call(call: ToolCall, result: ToolResult | None) -> str:
    arguments = call.malformed or msgspec.json.format(msgspec.json.encode(call.input)).decode()
    if result is None:
        return _folded(f"{call.name}: not answered", _fenced(arguments, "json"))
    summary = result.display.summary if result.display else ""
    title = ": ".join(filter(None, (call.name, summary))) + (" (failed)" if result.is_error else "")
    return _folded(title, f"{_fenced(arguments, 'json')}\n\n{_result(result)}")


def _result(result: ToolResult) -> str:
    if result.display is not None and result.display.kind == "diff":
        return _fenced(result.display.body, "diff")
    texts = (piece.text if isinstance(piece, Text) else "[image]" for piece in result.content)
    return _fenced("\n".join(texts))


def _folded(summary: str, body: str) -> str:
    return (
        f"<details><summary>{escape(_line(summary), quote=False)}</summary>\n\n{body}\n\n</details>"
    )


def _fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks in it (CommonMark §4.5)."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _line(text: str) -> str:
    return " ".join(text.split())
