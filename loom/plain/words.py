"""What a screen would show by signs, colours and columns, in words."""

from collections.abc import Iterator

from loom.core.messages import Display, Text, TodoItem, ToolResult
from loom.core.protocol import PermissionAsked
from loom.markup.clean import one_line, plain_output, visible
from loom.markup.diff import DiffLine, read_diff
from loom.widgets.labels import call_title

MODE_WORDS = {
    "ask": "reading runs unasked; edits and commands are asked",
    "edit": "edits in this folder too run unasked; commands are asked",
    "auto": "everything inside the sandbox runs unasked",
    "plan": "reading only; nothing is changed or run",
}


def spoken_time(ms: int) -> str:
    """How long something took: `1 second`, `2 minutes 5 seconds`."""
    seconds = max(1, round(ms / 1_000))
    minutes, rest = divmod(seconds, 60)
    parts = [_count(minutes, "minute"), _count(rest, "second")]
    return " ".join(part for part in parts if not part.startswith("0 "))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tool_line(name: str, summary: str, result: ToolResult) -> str:
    """`Tool: bash ls -l: done, exit 0`, or how it failed."""
    title = " ".join(part for part in call_title(name, one_line(summary)) if part)
    outcome = "failed" if result.is_error else "done"
    detail = _detail(result)
    took = f", {spoken_time(result.duration_ms)}" if result.duration_ms >= 2_000 else ""
    return f"Tool: {title}: {outcome}" + (f", {detail}" if detail else "") + took


def _detail(result: ToolResult) -> str:
    """The display's summary; of a failure without one, its first line."""
    display = result.display
    if display is not None and display.summary:
        summary = one_line(display.summary).replace("exit code ", "exit ")
        return counted_changes(display.body) if display.kind == "diff" else summary
    return one_line(output_of(result).partition("\n")[0]) if result.is_error else ""


def output_of(result: ToolResult) -> str:
    """All that a call answered, as plain text."""
    if result.display is not None and result.display.body:
        return preview(result.display)
    text = "\n".join(part.text for part in result.content if isinstance(part, Text))
    return plain_output(text).strip("\n")


def preview(display: Display) -> str:
    """A command as it is, a diff in words."""
    if display.kind == "diff":
        return "\n".join(diff_words(display.body))
    return plain_output(display.body) if display.kind == "command" else visible(display.body)


def diff_words(text: str) -> Iterator[str]:
    """A unified diff's changed lines: `added line 12: …`; unchanged ones are left out."""
    for line in read_diff(text):
        match line.kind:
            case "file":
                yield f"In {line.text}:"
            case "add":
                yield f"added line {line.new}: {_content(line)}"
            case "remove":
                yield f"removed line {line.old}: {_content(line)}"
            case "note" if line.text.strip():
                yield line.text


def _content(line: DiffLine) -> str:
    return line.text if line.text.strip() else "(blank)"


def counted_changes(diff: str) -> str:
    """`2 lines added, 1 line removed`."""
    kinds = [line.kind for line in read_diff(diff)]
    added, removed = kinds.count("add"), kinds.count("remove")
    return f"{_count(added, 'line')} added, {_count(removed, 'line')} removed"


def question(event: PermissionAsked) -> str:
    """What would run, exactly, and why it is asked."""
    shown = event.preview
    terms = shown.summary if shown.body and shown.kind != "diff" else ""
    lines = [f"Question: may {one_line(event.tool) or 'this'} run?"]
    if event.reason:
        lines.append(f"Why it is asked: {one_line(event.reason)}")
    if shown.kind == "command":
        lines.append("The command:")
    lines.append(_exact(shown))
    if terms:
        lines.append(f"Its terms: {one_line(terms)}")
    return "\n".join(line for line in lines if line)


def _exact(shown: Display) -> str:
    """The body; a command with its control characters shown, for none of it may be hidden."""
    if shown.kind == "diff":
        return preview(shown)
    return visible(shown.body or shown.summary)


def plan_lines(items: tuple[TodoItem, ...]) -> str:
    """The agent's plan, a step a line."""
    states = {"pending": "to do", "in_progress": "at work", "done": "done"}
    steps = [
        f"{number}: {one_line(item.text)}: {states[item.status]}" for number, item in _rows(items)
    ]
    return "\n".join([f"Plan of {_count(len(items), 'step')}:", *steps])


def _rows(items: tuple[TodoItem, ...]) -> Iterator[tuple[int, TodoItem]]:
    return enumerate(items, 1)
