"""The page of a shared thread: to read, without script, on any screen."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from loom.api.shares import PAGE, SharedThread
from loom.core.messages import Message, Text, Thinking, ToolCall, ToolResult
from loom.server.pages.frame import page
from loom.server.pages.html import Content, Html, tag
from loom.server.pages.prose import Prose, Redact

POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox allow-same-origin"
)
"""No script may run, whatever stands in the page: the sandbox says it once more."""

_SPEAKERS = {"user": "Person", "assistant": "Loom"}
Answers = Mapping[str, ToolResult]


def content_of(thread: SharedThread, after: int, redact: Redact) -> tuple[Html, ...]:
    """The page's content, which takes a while: for a worker."""
    prose = Prose(redact)
    answers = {
        block.tool_use_id: block
        for message in thread.messages
        for block in message.content
        if isinstance(block, ToolResult)
    }
    articles = (_article(message, answers, prose) for message in thread.messages)
    facts = tag("p", _facts(thread), class_="quiet")
    ways = _ways(thread, after)
    body = tag("div", [each for each in articles if each], class_="thread")
    note = tag("p", "Shared to be read. Images and what looks like a secret were left out.")
    return (facts, ways, body, ways, note)


def shared_page(request: web.Request, title: str, content: Content) -> web.Response:
    """The page around it."""
    response = page(request, title or "Untitled", content, is_wide=True)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _facts(thread: SharedThread) -> str:
    # The server's own choice has no name that says anything to a reader.
    named = "" if thread.model == "default" else thread.model
    model = " ".join(filter(None, (thread.provider, named)))
    days = dict.fromkeys((_day(thread.created_at), _day(thread.updated_at)))
    return " · ".join(filter(None, (" – ".join(days), model)))


def _day(at: str) -> str:
    return at[:10]


def _ways(thread: SharedThread, after: int) -> Html:
    """To the parts before and after this one."""
    earlier = tag("a", "← Earlier", href=f"?after={max(0, after - PAGE)}") if after else None
    later = tag("a", "Later →", href=f"?after={thread.next}") if thread.next is not None else None
    return tag("nav", earlier or tag("span"), later, class_="ways")


def _article(message: Message, answers: Answers, prose: Prose) -> Html | None:
    parts = [part for block in message.content if (part := _part(block, answers, prose))]
    if not parts or all(isinstance(block, ToolResult) for block in message.content):
        return None
    stopped = tag("p", "Stopped here.", class_="quiet") if _is_cut(message) else None
    head = tag("h2", _SPEAKERS[message.role], tag("small", " ", _moment(message)))
    return tag("article", head, parts, stopped, class_=f"message {message.role}")


def _is_cut(message: Message) -> bool:
    return message.stop_reason == "cancelled"


def _moment(message: Message) -> str:
    if message.created_at <= 0:
        return ""
    try:
        moment = datetime.fromtimestamp(message.created_at / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _part(block: object, answers: Answers, prose: Prose) -> Content:
    match block:
        case Text(text):
            return prose.markdown(text)
        case Thinking(text):
            return tag("details", tag("summary", "Thinking"), prose.markdown(text))
        case ToolCall():
            return _call(block, answers.get(block.id), prose)
    return None


def _call(call: ToolCall, result: ToolResult | None, prose: Prose) -> Html:
    given = call.malformed or msgspec.json.format(msgspec.json.encode(call.input)).decode()
    said = result.display.summary if result and result.display else ""
    failed = " (failed)" if result and result.is_error else ""
    name = tag("strong", call.name)
    summary = tag("summary", name, f" {said}" if said else None, failed or None)
    answer = list(_answer(result, prose)) if result else [tag("p", "Not answered.")]
    return tag("details", summary, prose.code(given, "json"), answer, class_="call")


def _answer(result: ToolResult, prose: Prose) -> Iterator[Html]:
    display = result.display
    if display is not None and display.kind == "diff":
        yield prose.diff(display.body)
        return
    text = "\n".join(piece.text for piece in result.content if isinstance(piece, Text))
    yield prose.code(text or (display.body if display else ""))
