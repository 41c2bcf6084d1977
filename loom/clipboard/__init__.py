"""Putting text into a clipboard, and saying no more about it than is known.

osc52     the escape sequence, and what wraps it inside tmux and GNU screen
tools     programs that own a clipboard and whose exit status tells the truth
tmux      what a tmux around Loom allows, and its own buffer
outcome   what became of a text, in words
board     the one place that chooses among them
"""

from loom.clipboard.board import Clipboard
from loom.clipboard.outcome import Outcome

__all__ = ["Clipboard", "Outcome"]
