"""Who puts right-to-left text in visual order: Loom, or the terminal by itself.

Source: the terminal working group's BiDi recommendation, after ECMA-48 (BDSM) and ECMA TR/53.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Literal

Choice = Literal["auto", "visual", "logical"]

EXPLICIT, IMPLICIT = "\x1b[8l", "\x1b[8h"
"""BDSM: cells stay as they are written; the terminal reorders, as it does when it starts."""

_NAMES = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "rxvt", "st-", "linux")
"""How TERM begins in terminals that may have inherited another's variables."""

_FIRST_VTE = 5800
"""VTE 0.58 is the first to reorder, and knows BDSM."""


class Order(Enum):
    """What a terminal gets.

    Attributes:
        VISUAL: text in visual order.
        EXPLICIT: the same, and the terminal is told to leave it so.
        LOGICAL: text as it is read; the terminal reorders it.
    """

    VISUAL = "visual"
    EXPLICIT = "explicit"
    LOGICAL = "logical"


def order_of(choice: Choice, environment: Mapping[str, str]) -> Order:
    """The order for the terminal that `environment` tells of.

    A browser's terminal (`TEXTUAL_DRIVER`) reorders nothing, whatever it was started from.
    A multiplexer lets no BDSM through, so the terminal behind it reorders if it ever does. Who asks
    for visual order has the terminal told in any case: one that does not know BDSM passes over it.
    """
    if choice == "logical":
        return Order.LOGICAL
    known = Order.VISUAL if "TEXTUAL_DRIVER" in environment else _known(environment)
    is_told = not _is_multiplexed(environment)
    if choice == "visual":
        return Order.EXPLICIT if is_told else Order.VISUAL
    return Order.LOGICAL if known is Order.EXPLICIT and not is_told else known


def _is_multiplexed(environment: Mapping[str, str]) -> bool:
    named = environment.get("TERM", "").startswith(("tmux", "screen"))
    return named or bool(environment.get("TMUX") or environment.get("STY"))


def _known(environment: Mapping[str, str]) -> Order:
    """What is right without a multiplexer."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if program == "mintty":
        return Order.EXPLICIT
    if program == "Apple_Terminal" or term.startswith("mlterm"):
        return Order.LOGICAL
    if program not in ("", "tmux") or term.startswith(_NAMES):
        return Order.VISUAL
    version = environment.get("VTE_VERSION", "")
    if version.isdecimal() and int(version) >= _FIRST_VTE:
        return Order.EXPLICIT
    return Order.LOGICAL if environment.get("KONSOLE_VERSION") else Order.VISUAL
