"""A text for the terminal's clipboard as an escape sequence; the terminal never answers.

Source: XTerm Control Sequences, OSC 52; tmux(1), allow-passthrough; GNU screen's manual, "Virtual
Terminal", the DCS that is passed on.
"""

import base64

MAX_BYTES = 74_994
"""Bytes of UTF-8 whose sequence is 100,000 bytes long, the least that common terminals cap at."""

_SCREEN_CHUNK = 252
"""Characters in one of GNU screen's strings: older ones take 256 bytes, newer ones 768."""


def sequence(text: str) -> str:
    """`text` for the clipboard selection of the terminal that reads this."""
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"


def through_tmux(inner: str) -> str:
    """`inner` for the terminal around tmux."""
    return f"\x1bPtmux;{inner.replace(chr(27), chr(27) * 2)}\x1b\\"


def through_screen(inner: str) -> str:
    """`inner` for the terminal around GNU screen, in pieces that it has room for."""
    pieces = (inner[at : at + _SCREEN_CHUNK] for at in range(0, len(inner), _SCREEN_CHUNK))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
