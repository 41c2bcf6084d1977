"""What becomes of rows when the terminal has another width.

Sources: tmux (`grid_reflow`, `grid_wrap_position`), VTE (`Ring::rewrap`), xterm.js
(`BufferReflow.ts`): each row is a paragraph, broken at the new width, and the cursor stays with its
cell. What they do to rows that are exactly as long as the terminal is wide: nothing.
"""

from collections.abc import Mapping, Sequence


def has_reflow(environment: Mapping[str, str]) -> bool:
    """Whether a narrower terminal may be thought to wrap its rows.

    xterm, GNU screen and the console cut them.
    """
    if "TMUX" in environment:
        return True
    is_cut = "XTERM_VERSION" in environment or "STY" in environment
    return not is_cut and environment.get("TERM") != "linux"


def rows_above(lengths: Sequence[int], column: int, width: int) -> int:
    """Rows above the cursor once each row was broken at `width`.

    Args:
        lengths: cells of each row from the first on, the cursor's own being the last.
        column: where the cursor stood; behind the end of its row it stays at the end.
    """
    *above, own = (_broken(length, width) for length in lengths)
    return sum(above) + min(column // width, own - 1)


def _broken(length: int, width: int) -> int:
    return max(1, -(-length // width))
