"""One session, told and spoken to line by line."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from loom.core.errors import LoomError
from loom.core.ids import message_id
from loom.core.messages import Text
from loom.core.protocol import AnyEvent, AnyOp, Cancel, RunShell, SendMessage
from loom.plain import questions
from loom.plain.commands import PlainCommands, told
from loom.plain.floor import Floor
from loom.plain.narrator import Narrator
from loom.plain.reader import LineReader, Typed, typed_so_far
from loom.plain.voice import Voice
from loom.screens.conversation import Conversation
from loom.screens.first_session import first_session
from loom.screens.sent import SentLines
from loom.screens.start import Start
from loom.screens.welcome import missing_key

if TYPE_CHECKING:
    from loom.agent.session import AgentSession
    from loom.host.base import SessionHost

QUIT_SECONDS = 2.0
YOU = "You: "
GREETING = (
    "Write, and Enter sends; /help tells the rest. Nothing is changed or run without your word."
)


class Talk:
    """The linear front end on an open host.

    Args:
        host: whose sessions are spoken to.
        start: what to begin with.
        output: where everything is told.
    """

    def __init__(self, host: "SessionHost", start: Start, output: TextIO) -> None:
        self.host = host
        self.voice = Voice(output, typed_so_far)
        self.narrator = Narrator(self.voice, self._is_own)
        self.floor = Floor()
        self.shares = start.shares
        self._start = start
        self._draft = start.draft
        self._commands = PlainCommands(self)
        self._sent = SentLines(start.history)
        self._conversation = Conversation(self._present, self.complain, lambda: self._is_left)
        self._lines: asyncio.Queue[Typed] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._reader = LineReader(self._deliver, self._sent.read())
        self._follower: asyncio.Task[None] | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._begun = asyncio.Event()
        self._own: set[str] = set()
        self._is_left = False
        self._failure: BaseException | None = None
        self._interrupted_at = float("-inf")

    @property
    def thread_id(self) -> str:
        """The thread that is told; empty when nothing was said in it."""
        return self._conversation.thread_id if self.floor.is_spoken else ""

    async def run(self) -> None:
        """Until the person leaves. Raises LoomError when there is no session to speak to."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            stop = self._interrupt if number == signal.SIGINT else self.leave
            self._loop.add_signal_handler(number, stop)
        session = await first_session(self.host, self._start)
        try:
            await self._greet()
            self._reader.start()
            self._follow(session)
            await self._begun.wait()
            await self._listen()
        finally:
            self._reader.close()
            if self._follower is not None:
                self._follower.cancel()
        self.voice.end_line()
        if self._failure is not None:
            raise self._failure

    def leave(self) -> None:
        """Close, as soon as the loop comes to it."""
        self._is_left = True
        self._begun.set()
        self._lines.put_nowait(Typed(None))

    async def submit(self, op: AnyOp) -> None:
        """Hand an Op to the agent, and hear what it says to it before the person's next line."""
        self.floor.is_working = True
        await self._conversation.submit(op)

    async def open_new(self) -> None:
        """A new thread in this folder. Raises LoomError."""
        self._follow(await self.host.start(self._start.workspace))

    async def open_thread(self, prefix: str) -> None:
        """Another thread. Raises LoomError."""
        self._follow(await self.host.open(prefix))

    def complain(self, error: LoomError) -> None:
        """Say what happened and the next step."""
        self.voice.say(told(error))
        self.floor.is_working = self.floor.in_turn

    # What is said

    async def _greet(self) -> None:
        self.voice.say(GREETING)
        for note in self._start.notes:
            self.voice.say(f"Warning: {note}")
        await self._warn_of_missing_key()

    async def _warn_of_missing_key(self) -> None:
        try:
            models = await self.host.services.model.models()
        except LoomError as error:
            self.voice.say(told(error))
            return
        note = missing_key(
            models,
            self._start.provider,
            self._start.server_url,
            is_daemon=self.host.is_daemon,
        )
        if note is not None:
            self.voice.say(f"Warning: {note.text}\n{note.hint}")

    async def _listen(self) -> None:
        """Line by line, until there are no more."""
        if self._start.prompt and not self._is_left:
            self.voice.say(f"{YOU}{self._start.prompt}")
            await self._send(self._start.prompt)
        elif self._draft:
            self.voice.say(f"An empty line sends: {self._draft}")
        while not self._is_left:
            self._offer_prompt()
            typed = await self._next_line()
            if typed.text is None:
                return
            try:
                await self._take(typed.text, is_asked=typed.is_asked)
            except LoomError as error:
                self.complain(error)

    def _deliver(self, typed: Typed) -> None:
        """From the reader's thread; a loop that is closed meanwhile needs no line."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._lines.put_nowait, typed)

    async def _next_line(self) -> Typed:
        typed = await self._lines.get()
        if typed.text is not None and typed.is_asked:
            # A terminal has shown the line and gone on to the next.
            self.voice.entered(None if self._reader.is_terminal else typed.text)
        return typed

    async def _take(self, line: str, *, is_asked: bool) -> None:
        asked = self.floor.questions[0] if self.floor.questions else None
        if asked is None or not questions.is_answer(line):
            await self._speak(line)
        elif not (is_asked and (self.floor.is_heard or not self._reader.is_terminal)):
            self.voice.say("That was typed before the question was heard. Please answer it now.")
        elif decision := await questions.answer(asked, line, self._ask):
            self.floor.drop(asked.call_id)
            await self._conversation.submit(decision)

    async def _speak(self, line: str) -> None:
        if not line.strip():
            line, self._draft = self._draft, ""
        if not line:
            return
        self._draft = ""
        self._sent.add(line)
        if line.startswith("!"):
            await self.submit(RunShell(line[1:].strip()))
        elif not await self._commands.run(line):
            await self._send(line[1:] if line.startswith("//") else line)

    async def _send(self, text: str) -> None:
        own = message_id(time.time_ns() // 1_000_000, os.urandom(10))
        self._own.add(own)
        await self.submit(SendMessage((Text(text),), own))

    async def _ask(self, prompt: str) -> str | None:
        """One more line of an answer; what was typed before it was asked for is spoken."""
        while True:
            self._prompt(prompt)
            typed = await self._next_line()
            if typed.text is None or typed.is_asked:
                return typed.text
            await self._speak(typed.text)

    def _offer_prompt(self) -> None:
        """A prompt when it is the person's turn, and none while Loom works."""
        if self.floor.questions:
            self.voice.say(questions.CHOICES)
            self._prompt(questions.PROMPT)
        elif not self.floor.is_working:
            self._prompt(YOU)

    def _prompt(self, prompt: str) -> None:
        if self.voice.prompt:
            self.voice.prompt = prompt  # the person is at another one, which is read to its end
            return
        self.voice.end_line()
        self.voice.prompted(prompt)
        self._reader.ask(prompt)

    # What happens

    def _follow(self, session: "AgentSession") -> None:
        if self._follower is not None:
            self._follower.cancel()
        self.floor.clear()
        self._follower = asyncio.create_task(self._told(session))
        self._follower.add_done_callback(self._ended)

    async def _told(self, session: "AgentSession") -> None:
        await self._conversation.follow(session, self.host.open)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """The session is told no more; a defect or a lost thread ends everything."""
        if not task.cancelled() and (error := task.exception()):
            self._failure = error
            self.leave()

    def _present(self, event: AnyEvent) -> None:
        self.narrator.present(event)
        was_working, had = self.floor.is_working, len(self.floor.questions)
        self.floor.note(event)
        is_new_turn = was_working and not self.floor.is_working
        if self._begun.is_set() and (is_new_turn or len(self.floor.questions) > had == 0):
            self._offer_prompt()
        if not self.floor.is_working:
            self._begun.set()

    def _interrupt(self) -> None:
        """Ctrl+C: stops the turn; a second one soon after leaves."""
        now = time.monotonic()
        is_second, self._interrupted_at = now - self._interrupted_at < QUIT_SECONDS, now
        if is_second:
            self.leave()
        elif self.floor.in_turn:
            self._stopping = asyncio.ensure_future(self._conversation.submit(Cancel()))
        else:
            self.voice.say("Press Ctrl+C again to leave Loom.")

    def _is_own(self, message: str) -> bool:
        return message in self._own
