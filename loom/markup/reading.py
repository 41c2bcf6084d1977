"""One look at a text that is still being written."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from loom.markup.parse import line_of, tokens
from loom.markup.prose import References

if TYPE_CHECKING:
    from markdown_it.token import Token


class Reading:
    """What the parser makes of a text.

    Attributes:
        text: what was read.
        lines: the same; only the last may go on.
        found: its tokens.
        tops: those of them that blocks at the top begin with.
        references: definitions that were known, and those that were found.
        context: what the rules knew of what stands before the text.
    """

    def __init__(self, text: str, references: References, context: dict[str, Any]) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.found = tokens(text, references, **context)
        self.tops = [token for token in self.found if _is_top(token)]
        self.references = references
        self.context = context

    def before(self, line: int) -> str:
        """The text of the lines before `line`."""
        return "\n".join((*self.lines[:line], "")) if line < len(self.lines) else self.text

    def tokens_before(self, line: int) -> "list[Token]":
        """The tokens of the blocks that begin before `line`, which is none's but the first's."""
        later = (
            at for at, token in enumerate(self.found) if _is_top(token) and line_of(token) >= line
        )
        return self.found[: next(later, len(self.found))]

    def boundary(self) -> int:
        """The line of the last block that is there to stay, 0 if there is none after the first.

        Its first line is complete, and no definition leads up to it.
        """
        for before, last in list(pairwise(self.tops))[:-3:-1]:
            first = line_of(last)
            is_gapless = before.map is not None and before.map[1] == first
            # A table begins with its first line only because of its second.
            is_complete = first + (last.type == "table_open") < len(self.lines) - 1
            if is_complete and (is_gapless or not self.lines[first - 1].strip()):
                return first
        return 0


def _is_top(token: "Token") -> bool:
    return token.level == 0 and token.nesting >= 0 and token.map is not None
