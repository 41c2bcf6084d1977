"""Here-documents: where they end, and what bash expands in them."""

import re
from typing import TYPE_CHECKING

from loom.tools.shell.blanks import demand_no_gaps, ends_its_line
from loom.tools.shell.expansions import EXPANSIONS, WORDS
from loom.tools.shell.reading import Reading
from loom.tools.shell.words import Unreadable, demand_literal, gaps, source

if TYPE_CHECKING:
    from tree_sitter import Node


def here_document(node: "Node", reading: Reading) -> None:
    """Take in a here-document, and what else stands on the line that opens it."""
    demand_no_gaps(node)
    kinds = [child.type for child in node.children]
    if kinds.count("heredoc_start") != 1 or kinds.count("heredoc_body") != 1:
        raise Unreadable("a here-document")
    written = source(node.children[kinds.index("heredoc_start")])
    delimiter = re.sub(r"['\"\\]", "", written)
    _demand_end(node, kinds, delimiter)
    for child in node.children:
        if child.type == "heredoc_body":
            if delimiter == written:
                _here_body(child, reading)
        elif child.is_named and child.type not in ("heredoc_start", "heredoc_end"):
            if child.type in WORDS:
                raise Unreadable("a word behind a here-document")
            reading.visit(child)


def _demand_end(node: "Node", kinds: list[str], delimiter: str) -> None:
    """The grammar and bash must agree on the line where the document ends."""
    if not re.fullmatch(r"\w+", delimiter):
        raise Unreadable("the end of a here-document")
    body = source(node.children[kinds.index("heredoc_body")])
    is_indented = node.children[0].type == "<<-"
    lines = [line.lstrip("\t") if is_indented else line for line in body.split("\n")]
    last = lines.pop()
    is_ended = node.children[-1].type == "heredoc_end" and ends_its_line(node)
    if last or delimiter in lines or not is_ended:
        raise Unreadable("the end of a here-document")


def _here_body(node: "Node", reading: Reading) -> None:
    children = [child for child in node.children if child.type in EXPANSIONS]
    for text in gaps(node, children):
        demand_literal(text.replace('"', ""))
    for child in children:
        reading.visit(child)
