"""The markdown behind each block, and the code in them."""

from loom.markup.blocks import Block, Bullets, Code, Quote
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


def codes(blocks: tuple[Block, ...]) -> list[Code]:
    """Every block of code, from the top, those in quotes and lists too."""
    found: list[Code] = []
    for block in blocks:
        match block:
            case Code():
                found.append(block)
            case Quote(inner):
                found.extend(codes(inner))
            case Bullets():
                for item in block.items:
                    found.extend(codes(item.blocks))
            case _:
                pass
    return found
