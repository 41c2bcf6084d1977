"""Keys that come in one piece have their effects in order."""

import asyncio
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from loom.terminal.app import TerminalApp


class Slow(Widget, can_focus=True):
    """Writes letters down, after it was let; tells the one around it of every other key."""

    class Told(Message):
        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()

    async def on_key(self, event: events.Key) -> None:
        await self.may.wait()
        if event.is_printable and event.key != "p":
            event.stop()
            self.app.seen.append(event.key)
        elif event.key == "enter":
            event.stop()
            self.post_message(self.Told("enter"))


class Around(Vertical):
    def on_slow_told(self, event: Slow.Told) -> None:
        self.app.seen.append(event.key)


class SlowApp(TerminalApp):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+d", "note('first')", priority=True),
        Binding("p", "note('last')"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def compose(self):
        with Around():
            yield Slow()

    def action_note(self, word: str) -> None:
        self.seen.append(word)

    def type(self, *keys: str) -> None:
        """All in one piece."""
        for key in keys:
            self.post_message(events.Key(key, key if len(key) == 1 else None))

    async def until_seen(self, *words: str) -> None:
        async with asyncio.timeout(20):
            while self.seen != [*words]:
                await asyncio.sleep(0.01)


async def test_a_binding_of_the_app_waits_for_the_key_before_it():
    app = SlowApp()
    async with app.run_test():
        app.query_one(Slow).may.set()
        app.type("a", "ctrl+d", "p", "b", "ctrl+d")
        await app.until_seen("a", "first", "last", "b", "first")


async def test_what_a_key_has_a_widget_tell_is_a_part_of_its_effect():
    app = SlowApp()
    async with app.run_test():
        app.query_one(Slow).may.set()
        app.type("enter", "ctrl+d", "enter", "a")
        await app.until_seen("enter", "first", "enter", "a")


async def test_letters_of_one_text_do_not_wait_for_each_other_and_the_next_key_for_them_all():
    app = SlowApp()
    async with app.run_test():
        field = app.query_one(Slow)
        field.check_consume_key = lambda key, character: character is not None
        app.type("a", "b", "c", "ctrl+d")
        async with asyncio.timeout(20):
            while field.message_queue_size < 4:  # two letters, and a word behind each
                await asyncio.sleep(0)
        field.may.set()
        await app.until_seen("a", "b", "c", "first")


async def test_a_widget_that_hangs_does_not_stop_the_apps_own_keys():
    app = SlowApp()
    async with app.run_test():
        app.type("a", "ctrl+d")
        await app.until_seen("first")
        app.query_one(Slow).may.set()
        await app.until_seen("first", "a")
        app.type("b", "ctrl+d")
        await app.until_seen("first", "a", "b", "first")
