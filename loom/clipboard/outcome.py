"""What became of a text that was to be copied, in words that claim no more than is known."""

from typing import NamedTuple


class Outcome(NamedTuple):
    """What a person is told.

    Attributes:
        hint: the next step, when there is one.
        is_certain: whether some program said that it has the text.
    """

    text: str
    hint: str = ""
    is_certain: bool = True


NOTHING = Outcome("There is nothing to copy.", is_certain=False)


def amount(text: str) -> str:
    """How much was copied: `12 lines`, `1 character`."""
    lines = text.rstrip("\n").count("\n") + 1
    count, unit = (lines, "line") if lines > 1 else (len(text), "character")
    return f"{count:,} {unit}{'s' * (count != 1)}"
