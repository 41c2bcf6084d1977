"""What /copy means by its words."""

import pytest

from loom.core.history import MessageEntry
from loom.core.messages import Message, Text, Thread
from loom.screens.copies import chosen
from loom.threads.store import ThreadStore

FIRST = "First **answer**\n\n```sh\nmake all\n```\n\n> ```py\n> x = 1\n> ```"
SECOND = "The *second* one"


@pytest.fixture
async def thread(tmp_path):
    async with ThreadStore.open(tmp_path / "loom.db") as store:
        thread_id = (await store.create(Thread("", title="Talk"))).id
        for role, text in (("user", "hi"), ("assistant", FIRST), ("assistant", SECOND)):
            await store.append(thread_id, MessageEntry(Message(role, (Text(text),))))
        yield store, thread_id


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("", SECOND),
        ("answer", SECOND),
        ("plain", "The second one"),
        ("code", "x = 1"),
        ("1", SECOND),
        ("2", FIRST),
        ("3", ""),
        ("0", ""),
        ("everything", None),
    ],
)
async def test_each_word_of_copy(thread, word, text):
    assert await chosen(*thread, word) == text


async def test_all_is_the_conversation_as_markdown(thread):
    page = await chosen(*thread, "all")
    assert page.startswith("# Talk") and FIRST in page and SECOND in page
