"""From a shell line to what is found in it: the parser, and a visitor for each kind of node.

Every kind of node is known or refused. The grammar is more lenient than bash; where the two are
known to differ, the line is refused as well.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from loom.tools.shell.blanks import BRANCHES, demand_comment
from loom.tools.shell.conditions import block, test
from loom.tools.shell.documents import here_document
from loom.tools.shell.expansions import EXPANSIONS, WORDS
from loom.tools.shell.reading import Reading, Visitor
from loom.tools.shell.simple import SIMPLE
from loom.tools.shell.words import Unreadable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_ODD_BLANK = re.compile(r"[^\S \t\n]|[\0\x1c-\x1f\x85]")


def read(line: str) -> Reading:
    """The simple commands of `line`. Raises Unreadable."""
    if _ODD_BLANK.search(line):
        raise Unreadable("blanks that bash does not take for blanks")
    try:
        root = _parser().parse(line.encode()).root_node
    except UnicodeEncodeError as error:
        raise Unreadable("half a character") from error
    if root.has_error:
        raise Unreadable("a syntax error")
    reading = Reading(VISITORS)
    reading.visit(root)
    return reading


@lru_cache(maxsize=1)
def _parser() -> "Parser":
    # Some 10 ms that only a session that runs commands should pay.
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _branch(node: "Node", reading: Reading) -> None:
    reading.branch(node)


def _comment(node: "Node", reading: Reading) -> None:
    demand_comment(node)


def _name(node: "Node", reading: Reading) -> None:
    """Names nothing that is run; who looks at it, its parent does."""


VISITORS: dict[str, Visitor] = {
    **dict.fromkeys(BRANCHES, _branch),
    **EXPANSIONS,
    **WORDS,
    **SIMPLE,
    "comment": _comment,
    "compound_statement": block,
    "heredoc_redirect": here_document,
    "herestring_redirect": _branch,
    "negated_command": _branch,
    "test_command": test,
    "variable_assignments": _branch,
    "variable_name": _name,
}
