"""Keys one after the other: none is looked at before the one before it has had its effect."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

PATIENCE = 0.5
"""Seconds that a key is waited for: a widget that is busy for longer must not stop Ctrl+C."""

Typed = events.Key | events.Paste


class KeyOrder:
    """Holds back what is typed while a key is on its way through the widgets.

    Textual hands a key to the widget with the focus and goes on with the next at once. Of two that
    come in one piece the second would be judged by what the first has not yet done: Ctrl+D by the
    input before the letter, a letter by the focus before the key that moves it.

    Args:
        app: whose keys they are; `deliver` is called in its message loop alone.
        deliver: hands something to the app's bindings, or else to the widget with the focus.
    """

    def __init__(self, app: App[Any], deliver: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._held: deque[Typed] = deque()
        self._on_its_way: Typed | None = None
        self._patience: asyncio.TimerHandle | None = None

    async def take(self, event: Typed) -> None:
        """Deliver what was typed, now or in its turn."""
        self._held.append(event)
        await self._go_on()
        self._be_patient()

    def _be_patient(self) -> None:
        """While something is held, see to it that it is not held for long."""
        if self._held and self._patience is None:
            give_up = partial(self._give_up, self._on_its_way)
            self._patience = asyncio.get_running_loop().call_later(PATIENCE, give_up)

    def _give_up(self, event: Typed | None) -> None:
        self._patience = None
        if event is self._on_its_way:
            self._arrived(event)
        else:
            self._be_patient()

    async def _go_on(self) -> None:
        while self._held and self._may_come(self._held[0]):
            event = self._on_its_way = self._held.popleft()
            await self._deliver(event)
            if event.is_forwarded:
                taker = self._app.focused or self._app.screen
                self._when_heard(event, taker, partial(self._climb, event, taker, taker))
            else:
                self._on_its_way = None  # a binding of the app's has dealt with it

    def _may_come(self, event: Typed) -> bool:
        """Whether nothing is on its way, or a letter of the same text: those stay in order."""
        before = self._on_its_way
        return before is None or (self._is_written(before) and self._is_written(event))

    def _is_written(self, event: Typed) -> bool:
        """Whether the field with the focus takes it as text, and it changes nothing else."""
        field = self._app.focused
        if field is None or not isinstance(event, events.Key) or not event.is_printable:
            return False
        return field.check_consume_key(event.key, event.character)

    def _when_heard(self, event: Typed, node: "MessagePump", then: Callable[[], None]) -> None:
        """Go on as soon as `node` has dealt with all that it was sent up to now."""
        if not node.post_message(events.Callback(callback=then)):
            self._arrived(event)

    def _climb(self, event: Typed, taker: "MessagePump", node: "MessagePump") -> None:
        """The key goes up from widget to widget until one of them stops it."""
        parent = node._parent
        if not event._stop_propagation and parent is not None:
            self._when_heard(event, parent, partial(self._climb, event, taker, parent))
        elif isinstance(event, events.Key) and not event.is_printable:
            self._settle(event, taker)
        else:
            self._arrived(event)

    def _settle(self, event: Typed, node: "MessagePump") -> None:
        """What a widget then tells the ones around it is a part of the key's effect.

        The screen is not waited for: what it is told may have it ask a server.
        """
        parent = node._parent
        if parent is None or isinstance(node, Screen):
            self._arrived(event)
            return
        node = node if node.message_queue_size else parent
        self._when_heard(event, node, partial(self._settle, event, node))

    def _arrived(self, event: Typed | None) -> None:
        if event is not self._on_its_way:
            return  # it was given up, or the next letter of a text is on its way
        self._on_its_way = None
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._held:
            self._app.call_next(self._go_on)
