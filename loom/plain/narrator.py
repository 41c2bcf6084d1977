"""One match over Event: what is told, in order and once."""

from collections.abc import Callable

from loom.core.messages import RAN_IN_SHELL, Message, ToolResult
from loom.core.protocol import (
    AnyEvent,
    Compacted,
    CompactionStarted,
    CompactionUndone,
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
    StreamStarted,
    TextStreamed,
    ThreadChanged,
    TodoChanged,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from loom.plain.sentences import Sentences
from loom.plain.voice import Voice
from loom.plain.words import MODE_WORDS, output_of, plan_lines, question, spoken_time, tool_line

_ENDS = {
    "cancelled": "Stopped",
    "failed": "Failed",
    "round_limit": "Stopped after many rounds of tools",
    "closed": "Closed",
}


class Narrator:
    """Tells one session's events.

    Args:
        is_own: whether the message of this id was typed here, where it stands already.
    """

    def __init__(self, voice: Voice, is_own: Callable[[str], bool]) -> None:
        self._voice = voice
        self._is_own = is_own
        self._sentences = Sentences()
        self._told = ""
        self._summaries: dict[str, tuple[str, str]] = {}
        self._thread = ""
        self.last_answer = ""
        self.last_output = ""
        self.title = ""
        self.is_private = False

    def present(self, event: AnyEvent) -> None:
        """Tell this event, if there is something to tell."""
        match event:
            case SessionStarted():
                self._session(event)
            case TextStreamed() | StreamStarted():
                self._stream(event)
            case MessageAdded() | MessageQueued() | QueueReturned():
                self._message(event)
            case ToolStarted() | ToolFinished() | TodoChanged():
                self._tool(event)
            case PermissionAsked() | PermissionDecided():
                self._permission(event)
            case TurnStarted() | TurnFinished() | RetryArmed() | SessionClosed():
                self._progress(event)
            case _:
                self._surroundings(event)

    def _session(self, event: SessionStarted) -> None:
        thread, say = event.thread, self._voice.say
        self.title, self.is_private = thread.title, thread.is_private
        self._begin_answer()
        if thread.id == self._thread:  # a viewer who came early is told once more
            return
        self._thread = thread.id
        name = f"Thread: {thread.title}" if thread.title else "New thread"
        say(f"{name}. Model: {event.provider} {event.model}. Mode: {event.mode}.")
        self._last_exchange(event.messages)

    def _last_exchange(self, messages: tuple[Message, ...]) -> None:
        """What was said last, for a thread that is gone on with."""
        asked = [m for m in messages if m.role == "user" and m.text]
        answered = [m for m in messages if m.role == "assistant" and m.text]
        if asked:
            self._voice.say(f"It has {len(messages)} messages. You said last: {asked[-1].text}")
        if answered:
            self.last_answer = answered[-1].text
            self._voice.say(f"Loom: {self.last_answer}")

    def _stream(self, event: TextStreamed | StreamStarted) -> None:
        if isinstance(event, TextStreamed):
            self._tell(self._sentences.feed(event.text))
            return
        if self._told:
            self._voice.say("That answer broke off and is void. It begins again.")
        self._begin_answer()

    def _begin_answer(self) -> None:
        self._sentences = Sentences()
        self._told = ""

    def _tell(self, text: str) -> None:
        """More of the answer, under its speaker's name."""
        if text and not self._told.strip():
            text = text.lstrip()
            if text:
                self._voice.end_line()
                self._voice.flow("Loom: ")
        self._told += text
        self._voice.flow(text)

    def _message(self, event: MessageAdded | MessageQueued | QueueReturned) -> None:
        match event:
            case MessageAdded() if event.message.role == "assistant":
                self._answered(event.message)
            case MessageAdded():
                self._asked(event.message)
            case MessageQueued():
                self._voice.say("Queued: it is delivered when Loom rests.")
            case QueueReturned():
                texts = "\n".join(message.text for message in event.messages)
                self._voice.say(f"Not sent, for the turn was stopped:\n{texts}")

    def _answered(self, message: Message) -> None:
        """The answer is whole: what was not told yet, or all of it where it differs."""
        self._tell(self._sentences.rest())
        text = message.text.lstrip()
        if text and not text.startswith(self._told):
            self._begin_answer()
            self._voice.say("The answer as it is kept:")
        self._tell(text[len(self._told) :])
        self._voice.end_line()
        self._begin_answer()
        self.last_answer = message.text or self.last_answer

    def _asked(self, message: Message) -> None:
        if message.text.startswith(RAN_IN_SHELL):
            self._voice.say(message.text.removeprefix(RAN_IN_SHELL).partition("\n")[2])
        elif message.text and not self._is_own(message.id):
            self._voice.say(f"You: {message.text}")

    def _tool(self, event: ToolStarted | ToolFinished | TodoChanged) -> None:
        match event:
            case ToolStarted():
                self._summaries[event.call_id] = (event.name, event.summary)
            case ToolFinished():
                self._finished(event.call_id, event.result)
            case TodoChanged() if event.items:
                self._voice.say(plan_lines(event.items))

    def _finished(self, call_id: str, result: ToolResult) -> None:
        name, summary = self._summaries.pop(call_id, ("", ""))
        self._voice.say(tool_line(name, summary, result))
        self.last_output = output_of(result)

    def _permission(self, event: PermissionAsked | PermissionDecided) -> None:
        if isinstance(event, PermissionAsked):
            self._voice.say(question(event))
        elif event.by != "rule" and event.by != "mode":
            self._voice.say("Allowed." if event.allow else "Denied.")

    def _progress(self, event: TurnStarted | TurnFinished | RetryArmed | SessionClosed) -> None:
        match event:
            case TurnStarted():
                self._voice.say("Loom is at work.")
            case TurnFinished():
                self._begin_answer()
                end = _ENDS.get(event.reason, "Loom is done")
                self._voice.say(f"{end}, after {spoken_time(event.duration_ms)}.")
            case RetryArmed():
                again = f"Trying again, {event.attempt} of {event.attempts}."
                self._voice.say(f"{event.reason} {again} Ctrl+C stops.")
            case SessionClosed() if event.reason:
                self._voice.say(event.reason)

    def _surroundings(self, event: AnyEvent) -> None:
        say = self._voice.say
        match event:
            case Notice():
                level = {"warning": "Warning: ", "error": "Error: "}.get(event.level, "")
                number = f" (request {event.request_id})" if event.request_id else ""
                say(f"{level}{event.text}{number} {event.hint}".rstrip())
            case ModeChanged():
                say(f"Mode: {event.mode}: {MODE_WORDS[event.mode]}.")
            case ModelChanged():
                say(f"Model: {event.provider} {event.model}.")
            case ThreadChanged():
                self.title, self.is_private = event.thread.title, event.thread.is_private
            case CompactionStarted():
                say("Summarising the conversation.")
            case Compacted():
                say(f"Loom's model sees a summary of {event.folded} messages from here on.")
            case CompactionUndone():
                say("The compaction was undone: the model sees everything again.")
