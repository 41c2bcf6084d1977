"""Going to one of the person's messages, by its number or from a list of them."""

from typing import TYPE_CHECKING

from loom.widgets.completion import Choice
from loom.widgets.picker_modal import PickerModal

if TYPE_CHECKING:
    from loom.screens.chat_frame import ChatFrame
    from loom.widgets.transcript.talk import PersonItem

_SHOWN = 200
"""Characters of a message in the list."""


def go_to(screen: "ChatFrame", words: str) -> None:
    """Go to the message that `words` number, counted from 1; without words, let one be chosen."""
    own = screen.transcript.own_messages
    if not own:
        screen.notify("You have written no message here yet.")
    elif not words:
        _choose(screen, own)
    elif words.isdecimal() and 0 < int(words) <= len(own):
        screen.set_focus(screen.transcript)
        screen.transcript.go_to_message(own[int(words) - 1])
    else:
        screen.notify(f"There is no message {words}. {_range(len(own))}", markup=False)


def _choose(screen: "ChatFrame", own: "list[PersonItem]") -> None:
    def picked(number: str | None) -> None:
        if number:
            go_to(screen, number)

    rows = [_choice(number, item) for number, item in enumerate(own, 1)]
    screen.app.push_screen(PickerModal("Your messages", rows, current=rows[-1].value), picked)


def _choice(number: int, item: "PersonItem") -> Choice:
    first = item.text.strip()[:_SHOWN].split("\n")[0]
    return Choice(str(number), label=f"{number}  {first}")


def _range(count: int) -> str:
    if count == 1:
        return "You have written one: /goto 1."
    return f"You have written {count}: /goto 1 to /goto {count}, or /goto for a list."
