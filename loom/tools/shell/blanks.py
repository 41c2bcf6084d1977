"""What lies between the nodes of a syntax tree, where the grammar and bash may disagree.

The grammar drops what it does not understand, and takes for a blank what bash takes for nothing.
"""

import re
from typing import TYPE_CHECKING

from loom.tools.shell.words import Unreadable, gaps, table

if TYPE_CHECKING:
    from tree_sitter import Node

BRANCHES = table(
    "program list pipeline subshell do_group array if_statement elif_clause else_clause "
    "while_statement function_definition case_statement case_item"
)
"""Kinds of node that only hold others."""

_OVER_LINES = BRANCHES | table(
    "for_statement compound_statement heredoc_redirect command_substitution process_substitution"
)
"""Kinds of node within which the end of a line ends nothing."""

# The grammar takes a backslash at the end of a line for a blank; bash takes it for nothing.
BLANKS_IN_LINE = re.compile(r"(?:(?:\\\n)*[ \t](?:[ \t]|\\\n)*)?")
_BLANKS = re.compile(r"(?:(?:\\\n)*[ \t\n](?:[ \t\n]|\\\n)*)?")
_BEFORE_NO_COMMENT = re.compile(rb"\\[ \t\n]$|[^ \t\n;&|()]$")


def demand_no_gaps(node: "Node") -> None:
    """Raise Unreadable when something other than blanks lies between the children of `node`."""
    blanks = _BLANKS if node.type in _OVER_LINES else BLANKS_IN_LINE
    if not all(blanks.fullmatch(gap) for gap in gaps(node, node.children)):
        raise Unreadable(f"something unseen in a {node.type}")


def demand_comment(node: "Node") -> None:
    """Raise Unreadable when the `#` may stand within a word, where it is a plain character."""
    if _BEFORE_NO_COMMENT.search(_line(node)[: node.start_byte]):
        raise Unreadable("a comment that may be none")


def ends_its_line(node: "Node") -> bool:
    """Nothing follows `node` on its last line."""
    return _line(node)[node.end_byte : node.end_byte + 1] in (b"", b"\n")


def _line(node: "Node") -> bytes:
    root = node
    while root.parent is not None:
        root = root.parent
    return root.text or b""
