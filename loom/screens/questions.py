"""Permission questions, put before the person one at a time."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import App

from loom.core.protocol import Decide, PermissionAsked
from loom.widgets.keys import Keymap

if TYPE_CHECKING:
    from loom.widgets.permission_modal import PermissionModal


class Questions:
    """A queue of modals; one that another viewer answered goes away by itself.

    Args:
        decide: hands the person's answer to the agent.
        on_aside: the person closed a question without an answer; the call waits on.
        keymap: other keys for the answers.
    """

    def __init__(
        self,
        app: App[object],
        decide: Callable[[Decide], None],
        on_aside: Callable[[], None],
        keymap: Keymap | None = None,
    ) -> None:
        self._app = app
        self._decide = decide
        self._on_aside = on_aside
        self._keymap = keymap
        self._waiting: deque[PermissionAsked] = deque()
        self._open: PermissionModal | None = None
        self._asked: PermissionAsked | None = None

    def ask(self, event: PermissionAsked) -> None:
        """Show it now, or after those before it."""
        known = [*self._waiting, *([self._asked] if self._asked else [])]
        if all(question.call_id != event.call_id for question in known):
            self._waiting.append(event)
            self._show_next()

    def settled(self, call_id: str) -> None:
        """The question needs no answer any more."""
        self._waiting = deque(q for q in self._waiting if q.call_id != call_id)
        if self._asked and self._asked.call_id == call_id:
            modal, self._open, self._asked = self._open, None, None
            if modal is not None and modal.is_current:
                modal.dismiss(None)
            self._show_next()

    def clear(self) -> None:
        """Another session is shown."""
        self._waiting.clear()
        if self._asked:
            self.settled(self._asked.call_id)

    def _show_next(self) -> None:
        if self._open is not None or self._asked is not None or not self._waiting:
            return
        # Imported late: the first frame asks nothing.
        from loom.widgets.permission_modal import PermissionModal

        self._asked = self._waiting.popleft()
        self._open = PermissionModal(self._asked, keymap=self._keymap)
        self._app.push_screen(self._open, self._answered)

    def show_again(self) -> None:
        """Bring back a question that was put aside; does nothing when none waits."""
        if self._open is None and self._asked is not None:
            self._waiting.appendleft(self._asked)
            self._asked = None
            self._show_next()

    def _answered(self, decision: Decide | None) -> None:
        self._open = None
        if decision is None:
            if self._asked is not None:
                self._on_aside()
            return
        self._asked = None
        self._decide(decision)
        self._show_next()
