"""The markdown behind each block."""

from loom.markup.clean import visible
from loom.markup.parse import is_block, tokens


def block_sources(markdown: str) -> list[str]:
    """The lines that each top-level block was made of, in the order of `parse`."""
    rows = visible(markdown).split("\n")
    return [
        "\n".join(rows[token.map[0] : token.map[1]]).strip("\n")
        for token in tokens("\n".join(rows))
        if token.level == 0 and token.map and is_block(token)
    ]
