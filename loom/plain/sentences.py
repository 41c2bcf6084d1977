"""A text that comes in pieces, handed on in whole sentences and lines."""

import re

_END = re.compile(r"[.!?…:]+[\"'”’»)\]*_`]*\s+|[。！？]+[」』）]*\s*")


class Sentences:
    """Joins what is fed; nothing is changed, added or left out."""

    def __init__(self) -> None:
        self._waiting = ""
        self._is_code = False

    def feed(self, text: str) -> str:
        """What is whole by now: up to the last line end, or sentence end outside of code."""
        self._waiting += text
        size = self._waiting.rfind("\n") + 1
        self._is_code ^= self._waiting.count("```", 0, size) % 2 == 1
        if not self._is_code and not self._waiting.startswith("`", size):
            size = max([size, *(match.end() for match in _END.finditer(self._waiting, size))])
        whole, self._waiting = self._waiting[:size], self._waiting[size:]
        return whole

    def rest(self) -> str:
        """What is left at the text's end."""
        rest, self._waiting = self._waiting, ""
        self._is_code = False
        return rest
