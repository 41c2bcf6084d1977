"""What a place in a text names: an address, or a place in a file. Nothing is opened here."""

import re
from typing import NamedTuple

from rich.segment import Segment

from loom.markup.clean import safe_link
from loom.markup.copied import text_of
from loom.markup.ink import Line

_URL = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`│]+")
_FILE = re.compile(r"(?P<path>[\w@.+~/-]*[\w/-])(?::(?P<line>\d{1,7}))?(?::(?P<column>\d{1,5}))?")
_TRAILING = ".,;:!?)]}*_"


class Target(NamedTuple):
    """What may be opened.

    Attributes:
        url: an http, https or mailto address; empty for a file.
        path: a file as it was written; whether there is one is not known.
        line: counted from 1; 0 where none was named.
        shown: what the text says in its place.
    """

    url: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    shown: str = ""


def target_at(line: Line, column: int) -> Target | None:
    """The target at a character of a line: a link's own, an address, else a path."""
    linked = _linked(line, column)
    if linked is not None:
        return linked
    text = text_of(line)
    for match in _URL.finditer(text):
        url = _trimmed(match[0])
        if match.start() <= column < match.start() + len(url):
            return Target(url=url, shown=url) if safe_link(url) else None
    for match in _FILE.finditer(text):
        if match.start() <= column < match.end() and _may_be_file(match):
            number, place = int(match["line"] or 0), int(match["column"] or 0)
            return Target("", match["path"], number, place, match[0])
    return None


def _linked(line: Line, column: int) -> Target | None:
    """The markdown link at a character, whatever its text says."""
    at = 0
    for segment in line:
        at += len(segment.text)
        if column < at:
            url = segment.style.link if segment.style else None
            if not url or not safe_link(url):
                return None
            return Target(url=url, shown=_text_of_link(line, segment, url))
    return None


def _text_of_link(line: Line, segment: Segment, url: str) -> str:
    return "".join(s.text for s in line if s.style and s.style.link == url) or segment.text


def _trimmed(url: str) -> str:
    """Without what ends the sentence; a bracket stays that was opened within."""
    while url and url[-1] in _TRAILING and not (url[-1] == ")" and _is_balanced(url)):
        url = url[:-1]
    return url


def _is_balanced(url: str) -> bool:
    return url.count("(") >= url.count(")")


def _may_be_file(match: re.Match[str]) -> bool:
    return bool(match["line"]) or "/" in match["path"] or "." in match["path"]
