"""The chat screen: one conversation, and everything else when it is needed."""

import asyncio
from typing import TYPE_CHECKING

from textual import on, work

from loom.commands import keeps_place, parse
from loom.core.errors import LoomError, ToolError
from loom.core.messages import Text
from loom.core.protocol import MODES, AnyOp, Cancel, Decide, RunShell, SendMessage, SetMode
from loom.presenter import Desk, Presenter
from loom.screens.attachments import blocks
from loom.screens.background import Background
from loom.screens.chat_commands import ChatCommands
from loom.screens.chat_frame import ChatFrame
from loom.screens.conversation import Conversation
from loom.screens.first_session import first_session
from loom.screens.glimpse import show_glimpse
from loom.screens.greeting import Greeting
from loom.screens.live import Live
from loom.screens.mentions import Mentions
from loom.screens.prompt import prompt_of
from loom.screens.questions import Questions
from loom.screens.sent import SentLines
from loom.screens.start import Start
from loom.screens.threads_pane import ThreadsPane
from loom.screens.welcome import place_of
from loom.widgets.header import Header
from loom.widgets.input import PromptInput
from loom.widgets.keys import way
from loom.widgets.labels import sentence
from loom.widgets.styles import later_stylesheets
from loom.widgets.thread_list import Standing, ThreadList

if TYPE_CHECKING:
    from loom.agent.session import AgentSession
    from loom.host.base import SessionHost

_LEAVE_SECONDS = 0.5
"""After which it is left also in the middle of something that a server does not answer."""


class ChatScreen(ChatFrame):
    """The frame with a conversation in it: a host, its sessions, and what a person asks of them."""

    def __init__(self, start: Start) -> None:
        self.live = Live(start.open_host, self._host_opened, self._host_failed)
        mentions = Mentions(start.workspace, lambda: self.live.host, self.run_worker)
        prompt = prompt_of(mentions, start.keymap)
        header = Header(model=start.provider, place=place_of(start.workspace))
        super().__init__(header, prompt, start.keymap)
        self.start = start
        self.background = Background(self.run_worker, self._stands)
        self.threads_pane = ThreadsPane(
            self.threads,
            start.workspace,
            lambda: self.live.host,
            lambda: self.threads.current,
            self.background,
        )
        self.commands = ChatCommands(self)
        self._sent = SentLines(start.history)
        self.greeting = Greeting(self.transcript, self.keymap, start)

    def on_mount(self) -> None:
        """Show what is known, take keys, and only then open the host."""
        self.questions = Questions(self.app, self._decide, self._aside, self.keymap)
        desk = Desk(
            self.header,
            self.transcript,
            self.status,
            self.panel,
            ask=self.questions.ask,
            answered=self.questions.settled,
            restore=self._give_back,
            listed=self._list_again,
            notify=self._ring,
            welcome=self.greeting.show,
            keymap=self.keymap,
        )
        self.conversation = Conversation(
            Presenter(desk).present, self.complain, lambda: self.live.is_leaving
        )
        if self.start.resume is None:
            self.greeting.show()
        if self.start.draft:
            self.prompt.set_text(self.start.draft)
        self.prompt.focus_text()
        # After the first frame is on the terminal, so that it waits for nothing it does not show.
        # By the app: a screen that a quick key covered is not refreshed.
        self.app.call_after_refresh(self._furnish)

    @work(group="furnish")
    async def _furnish(self) -> None:
        """The panes that open on demand, what Up recalls, then the host."""
        self.start.on_built()
        self.run_worker(show_glimpse(self))
        self.app.stylesheet.read_all(later_stylesheets())
        self.app.stylesheet.parse()
        if len(self.app.screen_stack) > 1:
            # A key was quicker, and what it opened is drawn without its style.
            self.app.refresh_css(animate=False)
        panes = self.query_one("#panes")
        await panes.mount(self.threads, before=0)
        await panes.mount(self.panel)
        self.prompt.recall_also(await asyncio.to_thread(self._sent.read))
        self._go_live()

    @work(group="live", exit_on_error=True)
    async def _go_live(self) -> None:
        await self.live.run()
        self.ended()
        self.app.exit()

    async def _host_opened(self, host: "SessionHost") -> None:
        session = await first_session(host, self.start)
        self.look_at(session)
        if self.start.prompt:
            await self.send(self.start.prompt)
        await self._fill_threads()
        await self.greeting.look_for_key(host)
        self.start.on_built()

    def _host_failed(self, error: LoomError) -> None:
        """Without a host nothing can be sent, and the status says so."""
        self.conversation.tell(error)
        if self.live.failure is not None:
            self.status.state = "error"

    @property
    def spoken_thread(self) -> str:
        """The thread on the screen, if anything was said in it."""
        return self.conversation.thread_id if self.header.title else ""

    # The conversation

    @work(group="follow", exclusive=True)
    async def look_at(self, session: "AgentSession") -> None:
        """Show this session instead; the one shown before lives on."""
        self._leave_thread(session.thread_id)
        self.questions.clear()
        self.threads.current = session.thread_id
        host = self.live.host
        if host is None:
            return
        try:
            await self.conversation.follow(session, host.open)
        except LoomError as error:
            self.complain(error)

    def complain(self, error: LoomError) -> None:
        """Show what happened and the next step."""
        self.transcript.notice(sentence(error.message), "error", error.hint)

    async def submit(self, op: AnyOp) -> None:
        """Hand an Op to the agent."""
        await self.conversation.submit(op)

    async def send(self, text: str) -> None:
        """Send a message, a shell line or a command, as typed."""
        if text.startswith("!"):
            await self.submit(RunShell(text[1:].strip()))
        elif not await self.commands.run(text):
            message = text[1:] if text.startswith("//") else text
            await self.submit(SendMessage((Text(message),)))

    @on(PromptInput.Submitted)
    async def _typed(self, event: PromptInput.Submitted) -> None:
        if not keeps_place(event.text):
            self.transcript.action_scroll_last()
        if self.live.failure is not None and parse(event.text) is None:  # nobody would take it
            self.prompt.restore(event.text)
            self.complain(self.live.failure)
            return
        self._sent.add(event.text)
        if not event.attachments:
            await self.send(event.text)
            return
        try:
            content = await asyncio.to_thread(blocks, event.text, event.attachments)
        except ToolError as error:
            self.prompt.restore(event.text)
            self.complain(error)
            return
        await self.submit(SendMessage(content))

    @on(PromptInput.Cancelled)
    async def action_stop(self) -> None:
        """Stop the agent, when it works."""
        if self.status.working_since is not None:
            await self.submit(Cancel())

    def _decide(self, decision: Decide) -> None:
        self.run_worker(self.submit(decision))

    def _aside(self) -> None:
        self.status.is_aside = True

    def action_answer(self) -> None:
        """Back to the question that was put aside."""
        self.status.is_aside = False
        self.questions.show_again()

    def _give_back(self, texts: list[str]) -> None:
        for text in reversed(texts):
            self.prompt.restore(text)

    def _ring(self) -> None:
        if not self.app.app_focus:
            self.app.bell()

    # Panes

    async def _fill_threads(self, search: str | None = None) -> None:
        try:
            await self.threads_pane.fill(search)
        except LoomError as error:
            self.complain(error)
        self.threads_pane.arrange(self.size.width)

    def _list_again(self) -> None:
        self.run_worker(self._fill_threads(), group="threads", exclusive=True)

    def _leave_thread(self, thread_id: str) -> None:
        """Another thread comes to the screen; the agent of this one works on."""
        is_working = self.status.working_since is not None
        self.background.change(self.conversation.session if is_working else None, thread_id)

    def _stands(self, thread_id: str, standing: Standing) -> None:
        """A thread that is not on the screen asks, or has come to rest."""
        if standing != "working":
            what = "A question waits" if standing == "waiting" else "The agent rests"
            key = way(self.keymap, "threads", "ctrl+t", "/threads")
            self.notify(f"{what} in another thread ({key}).", markup=False)
            self._ring()
        self._list_again()

    def on_resize(self) -> None:
        """The thread list comes and goes with the room for it."""
        self.threads_pane.arrange(self.size.width)

    @on(ThreadList.Search)
    async def _threads_searched(self, event: ThreadList.Search) -> None:
        await self._fill_threads(event.text)

    @on(ThreadList.Selected)
    async def _thread_selected(self, event: ThreadList.Selected) -> None:
        await self.open_thread(event.thread_id)
        self.threads_pane.chosen(self.size.width)
        self.prompt.focus_text()

    async def open_thread(self, thread_id: str) -> None:
        """Show another thread."""
        host = self.live.host
        if host is None or thread_id == self.conversation.thread_id:
            return
        try:
            self.look_at(await host.open(thread_id))
        except LoomError as error:
            self.complain(error)

    async def action_threads(self) -> None:
        """Open the thread list, or leave it."""
        if self.threads_pane.is_open and self.threads.has_focus_within:
            self.threads_pane.close()
            self.prompt.focus_text()
            return
        await self.threads_pane.fill()
        self.threads_pane.open()

    # Modes, help, the end

    async def action_next_mode(self) -> None:
        """The next permission mode."""
        modes = list(MODES)
        await self.submit(SetMode(modes[(modes.index(self.status.mode) + 1) % len(modes)]))

    async def action_new_thread(self) -> None:
        """A new thread in this folder."""
        host = self.live.host
        if host is not None:
            try:
                self.look_at(await host.start(self.start.workspace))
            except LoomError as error:
                self.complain(error)
            self.prompt.focus_text()

    async def action_pick_model(self) -> None:
        """Choose the model."""
        await self.commands.run("/model")

    async def action_help(self) -> None:
        """Keys and commands."""
        await self.commands.run("/help")

    def leave(self) -> None:
        """Close the sessions, then the app; what was sent right before is handed over first."""
        self.call_later(self.live.leave)
        self.app.set_timer(_LEAVE_SECONDS, self.live.leave)
