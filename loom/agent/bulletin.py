"""What the server has to say to the person of a session: said once, and never to the model."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from loom.agent.services import News
from loom.api.support import SupportQuestion
from loom.core.protocol import AnyEvent, Notice
from loom.markup.clean import one_line


class Bulletin:
    """Says it in one session: of its model's provider, and of who asks to read a thread.

    Args:
        news: None where nobody listens to the server.
        provider: the name of the provider that is asked next.
    """

    def __init__(
        self, news: News | None, provider: Callable[[], str], emit: Callable[[AnyEvent], None]
    ) -> None:
        self._news = news
        self._provider = provider
        self._emit = emit
        self._told_off: dict[str, str] = {}
        self._told_questions: set[tuple[str, str]] = set()

    def open(self) -> AbstractContextManager[None]:
        """What is new is said, for as long as it is within."""
        if self._news is None:
            return nullcontext()
        self.look()
        return self._news.followed(self.look)

    def look(self) -> None:
        """Says what was not said yet."""
        if self._news is None:
            return
        provider = self._provider()
        self._tell_of(provider, self._news.off.get(provider, ""))
        for question in self._news.questions:
            self._tell_question(question)

    def _tell_of(self, provider: str, reason: str) -> None:
        if self._told_off.get(provider, "") == reason:
            return
        self._told_off[provider] = reason
        if reason:
            text = f"{provider} is turned off: {one_line(reason)}"
            hint = "/model has others; you are told here when it is on again."
            self._emit(Notice(text=text, level="warning", hint=hint))
        else:
            self._emit(Notice(text=f"{provider} is on again."))

    def _tell_question(self, question: SupportQuestion) -> None:
        mark = (question.thread, question.requested_at)
        if mark in self._told_questions:
            return
        self._told_questions.add(mark)
        thread = f"“{one_line(question.title)}”" if question.title else question.thread
        why = f": {one_line(question.reason)}" if question.reason else "."
        text = (
            f"The server's support ({one_line(question.requested_by)}) asks to read {thread}{why}"
        )
        self._emit(Notice(text=text, hint="/support tells for how long, and answers."))
