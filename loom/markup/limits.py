"""How much of a text is read as one.

A model may write anything, and what is still being written is read again at each piece. So all
that must be read as one has a most; at once and in pieces alike, or the two would differ.
"""

SHORT = 2_000
"""Characters of an underlined heading, of a definition, and of each line of a table's head."""

PART = 2_000
"""Characters within which a mark finds its partner."""

MOST = 16_000
"""Characters after which a quote, or an item of a list, ends with its line."""

LINES = 600
"""Lines after which it ends too."""

COLUMNS = 64
"""A head with more is no table's."""

MISSING_CELLS = 4_000
"""Cells that rows of a table may lack in all before it ends: each is made up."""

IS_CONTINUED = "is_continued"
"""In the parser's environment: the first line goes on a paragraph that is long already."""

MISSING = "missing_cells"
"""In the parser's environment: cells that earlier rows of the table lacked."""
