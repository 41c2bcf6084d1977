"""One match over Event: which widget is told."""

from collections.abc import Callable

from msgspec import Struct, field

from loom.core.messages import Display, Thread
from loom.core.protocol import (
    AnyEvent,
    Compacted,
    CompactionStarted,
    CompactionUndone,
    ContextChanged,
    MessageAdded,
    MessageQueued,
    ModeChanged,
    ModelChanged,
    Notice,
    PermissionAsked,
    PermissionDecided,
    QueueReturned,
    RetryArmed,
    SessionClosed,
    SessionStarted,
    StateChanged,
    StreamStarted,
    TextStreamed,
    ThinkingStreamed,
    ThreadChanged,
    TodoChanged,
    ToolCallStreamed,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from loom.widgets.header import Header
from loom.widgets.keys import Keymap, way
from loom.widgets.message_list import MessageList
from loom.widgets.status_bar import StatusBar
from loom.widgets.tool_panel import ToolPanel

AT_REST = "waiting_for_user_input"


class Desk(Struct):
    """What a session is shown on.

    Attributes:
        ask: puts a permission question before the person.
        answered: the question of this call id is settled, here or by another viewer.
        restore: gives texts back to the input, before what is typed there.
        listed: a thread's head line may be another one in a list of threads.
        notify: the agent needs the person: a terminal bell.
        welcome: shows an empty conversation.
        keymap: the keys that hints name.
    """

    header: Header
    transcript: MessageList
    status: StatusBar
    panel: ToolPanel
    ask: Callable[[PermissionAsked], None]
    answered: Callable[[str], None]
    restore: Callable[[list[str]], None]
    listed: Callable[[], None]
    notify: Callable[[], None]
    welcome: Callable[[], None]
    keymap: Keymap = field(default_factory=dict)


class Presenter:
    """Shows one session's events; holds no state that is not on the screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def present(self, event: AnyEvent) -> None:
        """Tell whoever shows this event. Events of a newer Loom are passed over."""
        match event:
            case SessionStarted():
                self._session(event)
            case TurnStarted() | TurnFinished() | StateChanged() | RetryArmed():
                self._progress(event)
            case PermissionAsked() | PermissionDecided():
                self._permission(event)
            case ToolCallStreamed() | ToolStarted() | ToolOutput() | ToolFinished():
                self._tool(event)
            case TextStreamed() | ThinkingStreamed() | StreamStarted():
                self._stream(event)
            case MessageAdded() | MessageQueued() | QueueReturned():
                self._message(event)
            case CompactionStarted() | Compacted() | CompactionUndone():
                self._compaction(event)
            case _:
                self._surroundings(event)

    def _session(self, event: SessionStarted) -> None:
        desk = self._desk
        if event.messages:
            desk.transcript.show(event.messages)
        else:
            desk.welcome()
        desk.panel.clear()
        desk.panel.todo = event.todo
        self._thread(event.thread)
        self._model(event.provider, event.model)
        desk.status.mode = event.mode
        desk.status.state = event.state
        desk.status.context_tokens = event.context_tokens
        desk.status.context_limit = event.context_limit
        desk.status.turn_finished()
        if event.state != AT_REST:
            desk.status.turn_started()

    def _model(self, provider: str, model: str) -> None:
        self._desk.header.provider = provider
        self._desk.header.model = provider if model in ("", "default") else model

    def _thread(self, thread: Thread) -> None:
        self._desk.header.title = thread.title
        self._desk.header.is_private = thread.is_private
        self._desk.status.branch = thread.git_branch
        self._desk.listed()

    def _progress(self, event: TurnStarted | TurnFinished | StateChanged | RetryArmed) -> None:
        status = self._desk.status
        match event:
            case TurnStarted():
                self._desk.panel.clear()
                status.turn_started()
            case TurnFinished():
                status.turn_finished()
                self._desk.transcript.discard_stream()
                if event.reason == "cancelled":
                    self._desk.transcript.notice("Stopped.")
                self._desk.notify()
            case StateChanged():
                status.state = event.state
                status.is_writing = False
                if event.state != "compacting":
                    self._desk.transcript.end_compacting()
            case RetryArmed():
                stop = way(self._desk.keymap, "input.stop", "escape", "/stop")
                status.retry_armed(event.at, event.attempt, event.attempts)
                self._desk.transcript.discard_stream()
                self._desk.transcript.notice(
                    event.reason, "warning", f"Trying again; {stop} stops."
                )

    def _permission(self, event: PermissionAsked | PermissionDecided) -> None:
        if isinstance(event, PermissionAsked):
            self._desk.status.is_asking = True
            self._desk.status.is_aside = False
            if "/" not in event.call_id:  # a sub-agent's call has no card of its own
                self._desk.transcript.permission_waiting(event.call_id)
                self._desk.panel.waiting(event.call_id, event.tool, _subject(event.preview))
            self._desk.ask(event)
            self._desk.notify()
        else:
            self._desk.status.is_asking = False
            self._desk.answered(event.call_id)

    def _tool(self, event: ToolCallStreamed | ToolStarted | ToolOutput | ToolFinished) -> None:
        transcript, panel = self._desk.transcript, self._desk.panel
        match event:
            case ToolCallStreamed():
                transcript.tool_streaming(event.call_id, event.name, event.fragment)
            case ToolStarted():
                transcript.tool_started(event.call_id, event.name, event.summary)
                panel.started(event.call_id, event.name, event.summary)
            case ToolOutput():
                transcript.tool_output(event.call_id, event.text)
                panel.output(event.call_id, event.text)
            case ToolFinished():
                transcript.tool_finished(event.call_id, event.result)
                panel.finished(event.call_id, event.result)

    def _stream(self, event: TextStreamed | ThinkingStreamed | StreamStarted) -> None:
        transcript = self._desk.transcript
        self._desk.status.is_writing = isinstance(event, TextStreamed)
        match event:
            case TextStreamed():
                transcript.stream_text(event.text)
            case ThinkingStreamed():
                transcript.stream_thinking(event.text)
            case StreamStarted():
                transcript.begin_stream()

    def _message(self, event: MessageAdded | MessageQueued | QueueReturned) -> None:
        transcript = self._desk.transcript
        match event:
            case MessageAdded() if event.message.role == "assistant":
                transcript.end_stream(event.message)
                for call in event.message.tool_calls:
                    self._desk.panel.named(call.id, call.name)
            case MessageAdded():
                transcript.add(event.message)
            case MessageQueued():
                transcript.queued(event.message)
            case QueueReturned():
                transcript.drop_queue()
                self._desk.restore([message.text for message in event.messages])

    def _compaction(self, event: CompactionStarted | Compacted | CompactionUndone) -> None:
        transcript = self._desk.transcript
        match event:
            case CompactionStarted():
                why = "The context window is nearly full: " if event.automatic else ""
                begun = f"{why}summarising the conversation …"
                transcript.compacting(begun[0].upper() + begun[1:])
            case Compacted():
                transcript.compaction(event.summary, event.folded)
                self._desk.status.context_tokens = event.tokens_after
            case CompactionUndone():
                transcript.notice("The compaction was undone: the model sees everything again.")

    def _surroundings(self, event: AnyEvent) -> None:
        desk = self._desk
        match event:
            case TodoChanged():
                desk.panel.todo = event.items
            case ContextChanged():
                desk.status.context_tokens = event.tokens
                desk.status.context_limit = event.limit
                desk.status.cost_usd = event.cost_usd
            case ModeChanged():
                desk.status.mode = event.mode
            case ModelChanged():
                self._model(event.provider, event.model)
            case ThreadChanged():
                self._thread(event.thread)
            case Notice():
                number = f" (request {event.request_id})" if event.request_id else ""
                desk.transcript.notice(event.text + number, event.level, self._next_step(event))
            case SessionClosed():
                desk.status.turn_finished()
                if event.reason:
                    threads = way(desk.keymap, "threads", "ctrl+t", "/threads")
                    desk.transcript.notice(
                        event.reason, "error", f"Open the thread again: {threads}."
                    )

    def _next_step(self, notice: Notice) -> str:
        """The notice's own hint; a request that failed for good can be tried again."""
        if notice.hint or notice.level != "error" or not notice.request_id:
            return notice.hint
        models = way(self._desk.keymap, "pick_model", "ctrl+o", "/model")
        return f"Say “continue” to try again; {models} has more models."


def _subject(preview: Display) -> str:
    """What a call is about: a command itself, for its preview's summary tells the terms."""
    return preview.body if preview.kind == "command" else preview.summary
