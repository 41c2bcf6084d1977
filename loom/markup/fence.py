"""A fence that is still open: complete lines are kept as they are, the last one waits."""

import re
from typing import TYPE_CHECKING

from loom.markup.blocks import Code
from loom.markup.parse import language_of, line_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_OPENING = re.compile(r"( {0,3})(`{3,}|~{3,})")


class OpenFence:
    """A fenced block without its end: complete lines are kept, the last one waits."""

    def __init__(self, opening: "re.Match[str]", info: str, size: int) -> None:
        marker = opening[2]
        self._language = language_of(info)
        self._indent = re.compile(f" {{0,{len(opening[1])}}}")
        self._is_closing = re.compile(
            f" {{0,3}}{re.escape(marker[0])}{{{len(marker)},}}[ \t]*"
        ).fullmatch
        self._is_marker = re.compile(f" {{0,3}}{re.escape(marker[0])}+[ \t]*").fullmatch
        self._code = ""
        self._partial = ""
        self._size = size

    @classmethod
    def at(cls, token: "Token", text: str) -> "OpenFence | None":
        """The fence that `token` begins in `text` and that is open at its end, if it is one."""
        first = line_of(token)
        lines = text.split("\n")
        opening = _OPENING.match(lines[first]) if token.type == "fence" else None
        if opening is None or len(lines) < first + 2:
            return None
        fence = cls(opening, token.info, len("\n".join((*lines[: first + 1], ""))))
        return fence if fence.feed("\n".join(lines[first + 1 :])) is None else None

    @property
    def block(self) -> Code:
        """The block as it stands; what may become its end is not shown as code."""
        partial = "" if self._is_marker(self._partial) else self._dedent(self._partial)
        return Code((self._code + partial).removesuffix("\n"), self._language)

    def feed(self, text: str) -> int | None:
        """Add text; once the closing line came, where it ends, counted as `size` was."""
        *lines, self._partial = (self._partial + text).split("\n")
        added: list[str] = []
        for line in lines:
            self._size += len(line) + 1
            if self._is_closing(line):
                return self._size
            added.append(self._dedent(line) + "\n")
        self._code += "".join(added)
        return None

    def _dedent(self, line: str) -> str:
        return self._indent.sub("", line, count=1)
