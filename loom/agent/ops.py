"""What a front end may ask of a live session, one small method an Op."""

from typing import TYPE_CHECKING, Any

from loom.core.errors import StoreError
from loom.core.messages import RAN_IN_SHELL, Block, Image, Message, Text, ToolCall, ToolResult
from loom.core.protocol import (
    MODES,
    AnyOp,
    Cancel,
    Close,
    Compact,
    CompactionUndone,
    Decide,
    ModeChanged,
    ModelChanged,
    Notice,
    Op,
    Rename,
    RetryNow,
    RunShell,
    SendMessage,
    SetMode,
    SetModel,
    SetPrivate,
    ThreadChanged,
    ToolFinished,
    UndoCompaction,
    UnknownOp,
)
from loom.core.state import (
    CallingLlm,
    CancelRequested,
    CompactRequested,
    Error,
    HistoryReplaced,
    Input,
    NoteAdded,
    RetryTimeoutFired,
    ShutdownRequested,
    UserInput,
    WaitingForUserInput,
)

if TYPE_CHECKING:
    from loom.agent.runtime import Runtime


_SHELL = "shell "


class Ops:
    """Turns Ops into inputs of the machine, or carries them out at once."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime

    async def input_of(self, item: Input | AnyOp) -> Input | None:
        """The input to feed, or None when the Op is already done."""
        if not isinstance(item, Op):
            return item
        try:
            result: Input | None = await _HANDLERS[type(item)](self, item)
        except StoreError as error:
            self._notice(error.message, "error", error.hint)
            return None
        return result

    def _notice(self, text: str, level: Any = "info", hint: str = "") -> None:
        self._runtime.log.emit(Notice(text=text, level=level, hint=hint))

    @property
    def _is_at_rest(self) -> bool:
        return isinstance(self._runtime.state, WaitingForUserInput)

    async def _send(self, op: SendMessage) -> Input | None:
        # Whatever else a front end may send would make the history invalid for providers.
        content = tuple(block for block in op.content if isinstance(block, Text | Image))
        if not content:
            self._notice("There is nothing to send.")
            return None
        return UserInput(self._message(content, op.id))

    def _message(self, content: tuple[Block, ...], message_id: str) -> Message:
        clock = self._runtime.services.clock
        return Message(
            "user", content, message_id or clock.new_message_id(), created_at=clock.now_ms()
        )

    async def _cancel(self, op: Cancel) -> Input:
        tasks = self._runtime.tasks
        await tasks.stop(key for key in tasks.keys if key.startswith(_SHELL))
        return CancelRequested(self._partial())

    async def _close(self, op: Close) -> Input:
        return ShutdownRequested(self._partial())

    def _partial(self) -> Message | None:
        is_calling = isinstance(self._runtime.state, CallingLlm)
        return self._runtime.requests.partial() if is_calling else None

    async def _decide(self, op: Decide) -> None:
        if not self._runtime.authorizer.answer(op):
            self._notice("That call no longer waits for an answer.")

    async def _set_mode(self, op: SetMode) -> None:
        if op.mode in MODES:
            self._runtime.log.emit(ModeChanged(mode=op.mode))
            self._runtime.authorizer.change_mode(op.mode)

    async def _set_model(self, op: SetModel) -> None:
        runtime = self._runtime
        runtime.use_model(op.provider, op.model)
        runtime.log.emit(ModelChanged(provider=op.provider, model=op.model))
        runtime.report_context()
        runtime.bulletin.look()
        await runtime.record.change(provider=op.provider, model=op.model)

    async def _compact(self, op: Compact) -> Input | None:
        if not self._is_at_rest:
            self._notice("The agent is at work; compact when it rests, or stop it first.")
            return None
        return CompactRequested(op.instructions)

    async def _undo_compaction(self, op: UndoCompaction) -> None:
        runtime = self._runtime
        if not self._is_at_rest:
            self._notice("The agent is at work; undo when it rests, or stop it first.")
        elif await runtime.record.undo_compaction():
            runtime.log.emit(CompactionUndone())
            await runtime.step(HistoryReplaced(*await runtime.conversation()))
            runtime.report_context()
        else:
            self._notice("Nothing is compacted in this thread.")

    async def _retry_now(self, op: RetryNow) -> Input | None:
        if not isinstance(self._runtime.state, Error):
            return None
        await self._runtime.tasks.stop(["retry"])
        return RetryTimeoutFired()

    async def _rename(self, op: Rename) -> None:
        await self._changed(title=op.title.strip())

    async def _set_private(self, op: SetPrivate) -> None:
        await self._changed(is_private=op.private)

    async def _changed(self, **changes: Any) -> None:
        thread = await self._runtime.record.change(**changes)
        self._runtime.log.emit(ThreadChanged(thread=thread))

    async def _run_shell(self, op: RunShell) -> None:
        call = ToolCall(
            self._runtime.services.clock.new_message_id(), "bash", {"command": op.command}
        )
        await self._runtime.tasks.start(f"{_SHELL}{call.id}", self._shell(call))

    async def _shell(self, call: ToolCall) -> None:
        """The person's own command: not judged, confined like the agent's."""
        toolbox = self._runtime.toolbox
        result = toolbox.cancelled(call.id)
        try:
            result = await toolbox.run(call)
        finally:
            self._runtime.log.emit(ToolFinished(call_id=call.id, result=result))
            # Not an outcome that a later Esc could make void: the command ran.
            self._runtime.inbox.put(NoteAdded(self._note(call, result)))

    def _note(self, call: ToolCall, result: ToolResult) -> Message:
        output = "".join(piece.text for piece in result.content if isinstance(piece, Text))
        text = f"{RAN_IN_SHELL}{call.input['command']}\n{output}"
        return self._message((Text(text),), call.id)

    async def _unknown(self, op: UnknownOp) -> None:
        self._notice(f"This Loom does not know “{op.kind}”.", "warning", "Upgrade Loom.")


_HANDLERS: dict[type, Any] = {
    SendMessage: Ops._send,
    Cancel: Ops._cancel,
    Close: Ops._close,
    Decide: Ops._decide,
    SetMode: Ops._set_mode,
    SetModel: Ops._set_model,
    Compact: Ops._compact,
    UndoCompaction: Ops._undo_compaction,
    RetryNow: Ops._retry_now,
    Rename: Ops._rename,
    SetPrivate: Ops._set_private,
    RunShell: Ops._run_shell,
    UnknownOp: Ops._unknown,
}
