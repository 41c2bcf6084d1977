"""What `/copy` copies: an answer, its code, the conversation."""

from loom.core.history import visible
from loom.threads.store import ThreadStore

NOTHING = "There is nothing to copy yet."
WORDS = "/copy answer, plain, code or all; /copy 2 is the answer before the last."


async def chosen(store: ThreadStore, thread_id: str, word: str) -> str | None:
    """The text that `word` means; empty when there is none yet, None when it means nothing.

    Raises StoreError.
    """
    if word == "all":
        from loom.threads.exchange import export_markdown

        thread = await store.find(thread_id)
        return (await export_markdown(store, thread)).decode()
    is_number = word.isascii() and word.isdigit()
    if word not in ("", "answer", "plain", "code") and not is_number:
        return None
    messages = visible(await store.entries(thread_id))
    answers = [m.text for m in messages if m.role == "assistant" and m.text.strip()]
    place = int(word) if is_number else 1
    if not 0 < place <= len(answers):
        return ""
    if word == "code":
        return last_code(answers)
    return plain(answers[-1]) if word == "plain" else answers[-place]


def last_code(answers: list[str]) -> str:
    """The last block of code in the newest answer that has one."""
    from loom.markup.parse import parse
    from loom.markup.sources import codes

    for answer in reversed(answers):
        if found := codes(parse(answer)):
            return found[-1].text
    return ""


def plain(markdown: str) -> str:
    """What an answer reads, without its marks, each paragraph on one line."""
    from loom.markup.copied import copied
    from loom.markup.ink import Inks
    from loom.markup.parse import parse
    from loom.markup.render import Renderer

    return copied(Renderer(Inks({})).render(parse(markdown), _PAGE))


_PAGE = 10_000
"""Cells in which every table finds room."""
