"""A thread's title by a small model: asked for once, in the background, after its first turn."""

import unicodedata
from typing import TYPE_CHECKING

from loom.agent.context import prompt
from loom.core.errors import ProviderError, StoreError
from loom.core.history import Entry, MessageEntry
from loom.core.llm import LlmRequest
from loom.core.messages import Message, Text
from loom.core.protocol import ThreadChanged
from loom.threads import titles
from loom.threads.heads import TITLE_CELLS, title_from
from loom.threads.width import cut

if TYPE_CHECKING:
    from loom.agent.runtime import Runtime

OFF, SMALL = "off", "small"

SMALL_MODELS = {
    "anthropic": "claude-haiku-5-5",
    "openai": "gpt-6-luna",
    "vertex": "gemini-3.8-flash",
}
"""What `small` means; for other providers, such as the demo, there is none."""

REQUEST_CHARS, ANSWER_CHARS = 700, 250
"""With the prompt some 280 tokens; a token of Chinese is a character, so there it is more."""
MOST_TOKENS = 20
_KEY = "title"
_AROUND = " \t\"'`*#_.:“”‘’«»„‚‹›「」"


class Titler:
    """Asks for the title of one runtime's thread."""

    def __init__(self, runtime: "Runtime", model: str) -> None:
        self._runtime = runtime
        self._model = model
        self._is_over = model == OFF

    async def begin(self) -> None:
        """Ask beside the loop, unless somebody did. Nothing is said of what goes wrong."""
        provider = self._runtime.requests.provider
        model = SMALL_MODELS.get(provider, "") if self._model == SMALL else self._model
        if self._is_over or not model or provider == "demo":
            return
        self._is_over = True
        await self._runtime.tasks.start(_KEY, self._work(provider, model))

    async def _work(self, provider: str, model: str) -> None:
        try:
            await self._ask(provider, model)
        except (ProviderError, StoreError):
            # The first line of what the person wrote is a title, too.
            return

    async def _ask(self, provider: str, model: str) -> None:
        runtime = self._runtime
        store, thread_id = runtime.services.store, runtime.thread_id
        if not await store.writer.run(lambda c: titles.claim(c, thread_id)):
            return
        entries = await runtime.record.entries()
        thread = await store.thread(thread_id)
        before = title_from(entries)
        if thread is None or not before or thread.title != before or not _is_first(entries):
            return
        question = (_question(entries),)
        request = LlmRequest(model, question, max_tokens=MOST_TOKENS, thread_id=thread_id)
        answer = await runtime.services.model.complete(provider, request)
        runtime.requests.usage += answer.usage
        title = cleaned(answer.message.text)
        if not title:
            return
        changed = await store.writer.run(lambda c: titles.settle(c, thread_id, before, title))
        if changed is not None:
            await runtime.record.refresh()
            runtime.log.emit(ThreadChanged(thread=changed))


def cleaned(text: str) -> str:
    """The first line of a model's answer as a title; empty when there is none.

    No control or invisible characters, no quotes or marks around it, at most TITLE_CELLS wide.
    """
    for line in text.splitlines():
        shown = "".join(c for c in line if unicodedata.category(c)[0] != "C" or c == "\t")
        title = " ".join(shown.split()).strip(_AROUND)
        if title[:6].lower() == "title:":
            title = title[6:].strip(_AROUND)
        if title:
            return cut(title, TITLE_CELLS)
    return ""


def _is_first(entries: tuple[Entry, ...]) -> bool:
    """Whether the person has spoken once: later, the first line is what the thread is known by."""
    said = [e for e in entries if isinstance(e, MessageEntry) and e.message.role == "user"]
    return len(said) == 1


def _question(entries: tuple[Entry, ...]) -> Message:
    texts = {"user": "", "assistant": ""}
    for entry in entries:
        if isinstance(entry, MessageEntry) and entry.message.text:
            texts[entry.message.role] = entry.message.text
    asked, answered = texts["user"][:REQUEST_CHARS], texts["assistant"][:ANSWER_CHARS]
    words = f"<request>\n{asked}\n</request>\n<answer>\n{answered}\n</answer>"
    return Message("user", (Text(f"{prompt('title')}\n\n{words}"),))
