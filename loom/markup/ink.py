"""Semantic names for what text is, and the styles they stand for on one screen."""

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style

Line = list[Segment]
"""One row of cells: segments without control codes or empty text, never wider than was asked."""

BLANK: Line = []
"""The blank line, one object, so that it is seen to be unchanged. Never written to."""

INK_NAMES = (
    *("text", "muted", "accent", "success", "warning", "error", "person", "thinking"),
    *("heading1", "heading2", "heading3", "strong", "emphasis", "strike", "link", "code", "html"),
    *("quote", "quote_bar", "rule", "list_mark", "table_header", "table_line", "image"),
    *("code_block", "code_label"),
    *("keyword", "name", "function", "type", "string", "number", "comment", "operator", "constant"),
    *("diff_file", "diff_hunk", "diff_context", "diff_add", "diff_remove", "diff_number"),
    *("cursor", "selection"),
)


class Inks:
    """The styles of one theme by semantic name; a name without a style adds nothing.

    Two tables are never equal, so a table may be part of a cache's key.
    """

    def __init__(self, styles: Mapping[str, Style]) -> None:
        self._styles = dict(styles)
        self._mixed: dict[tuple[str, ...], Style] = {}

    def __call__(self, *names: str) -> Style:
        """The styles of `names` laid over each other, the last one on top."""
        mixed = self._mixed.get(names)
        if mixed is None:
            mixed = Style.combine(self._styles.get(name, Style.null()) for name in names)
            self._mixed[names] = mixed
        return mixed
