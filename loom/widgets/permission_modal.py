"""May this call run? Shows exactly what would run, and for how long the answer holds."""

import time
from collections.abc import Callable, Iterable
from typing import ClassVar, Literal

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Static

from loom.core.errors import ConfigError
from loom.core.permissions import parse_rule
from loom.core.protocol import Decide, PermissionAsked, Scope
from loom.markup.clean import one_line
from loom.widgets.choices import ChoiceRow, Option
from loom.widgets.field import Field
from loom.widgets.keys import Keymap, way_now
from loom.widgets.labels import call_title
from loom.widgets.modal import GUARD, Modal
from loom.widgets.preview import Preview

Step = Literal["asking", "always", "feedback"]

CHOICES = {
    "permission.allow": Option("y", "allow once"),
    "permission.always": Option("a", "allow always…"),
    "permission.deny": Option("n", "deny"),
    "permission.deny_why": Option("d", "deny and say why…"),
}
"""The answers by the names under which their keys can be changed."""
SCOPES: dict[str, Scope] = {"s": "session", "p": "project", "u": "user"}
_SCOPE_CHOICES = (
    Option("s", "this session"),
    Option("p", "this project"),
    Option("u", "all my projects"),
)


class PermissionModal(Modal[Decide]):
    """A Decide for the call that was asked about; None when cancelled, and the call waits on.

    `a` opens the rule, which can be edited, and its scope; `d` a line of feedback for the model.
    Escape leads back from there to the choices.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", "Up", show=False, id="permission.up"),
        Binding("down", "scroll(1)", "Down", show=False, id="permission.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="permission.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="permission.page_down"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up, down, pageup, pagedown | Scroll the command or diff; up and down in a rule offer others. |
    """

    step: reactive[Step] = reactive[Step]("asking")
    """What the panel shows: the choices, the rule, or the feedback."""

    def __init__(
        self,
        event: PermissionAsked,
        *,
        guard: float = GUARD,
        clock: Callable[[], float] = time.monotonic,
        keymap: Keymap | None = None,
    ) -> None:
        choices = [
            option._replace(key=(keymap or {}).get(name, option.key), answer=option.key)
            for name, option in CHOICES.items()
        ]
        title = f"Allow {one_line(event.tool) or 'this'}?"
        super().__init__(title, choices, guard=guard, clock=clock)
        self._event = event
        self._rules = event.rules or (f"allow {event.tool}",)
        self._preview = Preview(event.preview)
        self._rule = Field(compact=True, select_on_focus=False)
        self._scope = ChoiceRow(_SCOPE_CHOICES)
        self._problem = Static("", classes="modal-error", markup=False)
        self._problem.display = False
        self._feedback = Field(placeholder="What should it do instead?", compact=True)

    def body(self) -> Iterable[Widget]:
        """The exact call, why it is asked, and the two fields that open on demand."""
        yield self._preview
        yield Static(self._circumstances(), classes="modal-note", markup=False)
        with Vertical(classes="permission-always"):
            others = "↑↓ others, " if len(self._rules) > 1 else ""
            note = f"Rule to keep ({others}Tab: how long, Enter allows)"
            yield Static(note, classes="modal-note")
            yield self._rule
            yield self._problem
            yield self._scope
        with Vertical(classes="permission-feedback"):
            yield Static("Tell the model (Enter denies)", classes="modal-note")
            yield self._feedback

    def _circumstances(self) -> str:
        """Why it is asked, and under which terms it would run, unless these are what is shown."""
        preview = self._event.preview
        _, terms = call_title(self._event.tool, preview.summary)
        if preview.kind == "diff" or not preview.body or terms in one_line(preview.body):
            terms = ""
        parts = (one_line(part) for part in (self._event.reason, terms))
        return " · ".join(part for part in parts if part)

    def on_mount(self) -> None:
        """The first offered rule waits in its field; no cursor blinks."""
        self._rule.value = self._rules[0]

    def watch_step(self, step: Step) -> None:
        """Opens one field, or none, and gives it the keyboard."""
        self.set_class(step == "always", "-always")
        self.set_class(step == "feedback", "-feedback")
        fields: dict[Step, Widget] = {
            "asking": self._choices,
            "always": self._rule,
            "feedback": self._feedback,
        }
        fields[step].focus()
        panel = self.query_one(".modal-panel")
        key = way_now(self.app, "modal.cancel", "escape")
        panel.border_subtitle = f"{key} {'answers later' if step == 'asking' else 'leads back'}"

    def action_cancel(self) -> None:
        """Back to the choices; from there, closes without an answer."""
        if self.step == "asking":
            self.dismiss(None)
        else:
            self.step = "asking"

    def action_scroll(self, by: int) -> None:
        """Scrolls by lines; in the rule, offers the next one."""
        if self._rule.has_focus:
            self._offer_rule(by)
        else:
            self._preview.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scrolls by pages."""
        self._preview.scroll_relative(y=by * self._preview.size.height, animate=False)

    def choose(self, key: str) -> None:
        """Answers, or opens a field first; in the field's step, the scope was picked."""
        if self.step == "always":
            self._allow_always()
        elif key == "a":
            self.step = "always"
        elif key == "d":
            self.step = "feedback"
        else:
            self.dismiss(Decide(self._event.call_id, allow=key == "y"))

    @on(Input.Submitted)
    def _field_entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input is self._rule:
            self._allow_always()
        else:
            feedback = self._feedback.value.strip()
            self.dismiss(Decide(self._event.call_id, allow=False, feedback=feedback))

    def _allow_always(self) -> None:
        try:
            rule = parse_rule(self._rule.value)
        except ConfigError as error:
            self._complain(f"{error.message}. {error.hint}")
            return
        if rule.effect != "allow":
            self._complain("Only a rule that begins with `allow` can be kept here.")
            return
        scope = SCOPES[self._scope.selected]
        self.dismiss(Decide(self._event.call_id, allow=True, scope=scope, rule=str(rule)))

    def _complain(self, problem: str) -> None:
        self._problem.update(problem)
        self._problem.display = True
        self._rule.focus()

    def _offer_rule(self, by: int) -> None:
        offered = self._rules
        at = offered.index(self._rule.value) if self._rule.value in offered else -1
        self._rule.value = offered[(at + by) % len(offered)]
        self._rule.action_end()
