"""How much of a line that is still being written can be shown and stay as it is.

`**` shown as it stands would vanish once its partner comes, and the line would jump.
"""

import re

_MOST = 160
"""Characters held back at most: an asterisk may also just be an asterisk."""

_MARK = re.compile(r"\\.|(?P<code>`+)|(?P<star>\*+)|(?P<link>\[)", re.DOTALL)
_LINK = re.compile(r"\[[^\[\]]*\](?:\([^()\s]*\)|(?=[^(]))")
_UNDERLINE = re.compile(r" {0,3}(?:-+|=+)[ \t]*")
"""Below a paragraph it makes a heading of it; an item or a table's line may become of it yet."""

_MOST_OF_HEAD = 600
"""Characters of a table's head and of what stands below it that are held back at most."""

_HEAD = re.compile(r"[ \t>]*\|.*")
_BELOW_HEAD = re.compile(r"[ \t>]*[ \t|:-]*")


def before_head(text: str) -> int:
    """The length of `text`'s start before a line that may be the head of a table yet.

    That is known once the line below it is complete. Before that it would be shown as plain text
    and then jump into columns.
    """
    *_, above, last = ("", *text.split("\n")[-2:])
    if _is_head(above) and _BELOW_HEAD.fullmatch(last):
        held = len(above) + 1 + len(last)
    elif _HEAD.fullmatch(last):
        held = len(last)
    else:
        return len(text)
    return len(text) - held if held <= _MOST_OF_HEAD else len(text)


def _is_head(line: str) -> bool:
    return _HEAD.fullmatch(line) is not None and _BELOW_HEAD.fullmatch(line) is None


def settled(line: str) -> int:
    """The length of `line`'s start that stays as it looks.

    Every inline mark in it has its partner, and it is no underline as yet.
    """
    if _UNDERLINE.fullmatch(line):
        return 0
    at, open_at = 0, len(line)
    while found := _MARK.search(line, at):
        start, at = found.span()
        if found["code"]:
            end = _end_of_code(line, at, found["code"])
        elif found["link"]:
            link = _LINK.match(line, start)
            end = link.end() if link else -1
        else:
            if found["star"]:
                open_at = _toggled(line, start, at, open_at)
            continue
        if end < 0:
            open_at = min(open_at, start)
            break
        at = end
    return open_at if len(line) - open_at <= _MOST else len(line)


def _end_of_code(line: str, at: int, ticks: str) -> int:
    """Where the code span ends that `ticks` opened before `at`; -1 when it is open."""
    closing = re.compile(rf"(?<!`){ticks}(?!`)").search(line, at)
    return closing.end() if closing else -1


def _toggled(line: str, start: int, end: int, open_at: int) -> int:
    """Where emphasis is open after a run of asterisks; the line's length when nowhere."""
    if open_at < len(line):
        return open_at if line[start - 1].isspace() else len(line)
    return open_at if line[end : end + 1].isspace() else start
