"""How wide text is in a terminal, without the cost of importing a terminal library."""

import unicodedata


def cells(text: str) -> int:
    """Terminal cells that `text` takes: two for wide characters, none for marks."""
    return sum(map(_cells, text))


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` cells; an ellipsis says that something is missing."""
    if cells(text) <= limit:
        return text
    kept, width = "", 1
    for character in text:
        width += _cells(character)
        if width > limit:
            break
        kept += character
    return kept.rstrip() + "…"


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
