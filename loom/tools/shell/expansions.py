"""Words on their way to a command: what bash inserts in them, and what it may run for that.

Arithmetic, indirection and some ways to expand a variable evaluate the variable's value, down to
command substitutions in it; they are refused.
"""

import re
from typing import TYPE_CHECKING

from loom.tools.shell.reading import Reading, Visitor
from loom.tools.shell.words import Unreadable, Word, source, table, word

if TYPE_CHECKING:
    from tree_sitter import Node

_VARIABLE = re.compile(r"\$(?:\w+|[@*#?$!-])", re.ASCII)
_PLAIN_EXPANSION = re.compile(
    r"\$\{#?(\w+|[@*#?$!-])(?:\[(?:[@*]|\d+)\])?"
    r"(?:(?::?[-+?]|%%?|\#\#?|/[/#%]?|\^\^?|,,?)[^$`<>(){}\\'\"]*|:\d+(?::\d+)?)?\}"
)
_NUMBERS_ONLY = re.compile(r"\$\(\([\d \t+*/%()<>=!&|^~?:,-]*\)\)")


def _variable(node: "Node", reading: Reading) -> None:
    # The grammar lets blanks stand between the dollar sign and a name; bash sees two words there.
    if not _VARIABLE.fullmatch(source(node)):
        raise Unreadable("a dollar sign by itself")
    reading.used.add(source(node)[1:])


def _expansion(node: "Node", reading: Reading) -> None:
    plain = _PLAIN_EXPANSION.fullmatch(source(node))
    if plain is None:
        raise Unreadable("an expansion that may do more than insert a value")
    reading.used.add(plain[1])
    reading.literals.append(source(node)[2:-1])


def _arithmetic(node: "Node", reading: Reading) -> None:
    if not _NUMBERS_ONLY.fullmatch(source(node)):
        raise Unreadable("arithmetic with variables")


def _substitution(node: "Node", reading: Reading) -> None:
    reading.is_computed = True
    if source(node).startswith("`") and "\\" in source(node):
        raise Unreadable("a backslash between backquotes")
    reading.branch(node)


def literal(node: "Node", reading: Reading) -> None:
    """Take in a word and what it expands."""
    reading.literals.append(word(node).text)
    _inside(node, reading)


def _inside(node: "Node", reading: Reading) -> None:
    """Visit what a word expands."""
    for child in (node, *node.children):
        if child.type in EXPANSIONS:
            EXPANSIONS[child.type](child, reading)
        elif child is not node and child.type in ("string", "concatenation"):
            _inside(child, reading)


def argument(node: "Node", reading: Reading) -> Word:
    """The word that a command is given here, and what it expands, taken in."""
    if not node.is_named:
        if node.type not in ("==", "=~", "="):
            raise Unreadable(f"the argument {node.type}")
        return Word(node.type)
    if re.fullmatch(r"\{\w+\}", source(node)):
        # Before a redirection bash takes it for a variable, and the command does not get it.
        raise Unreadable("a name in braces")
    literal(node, reading)
    return word(node)


EXPANSIONS: dict[str, Visitor] = {
    "simple_expansion": _variable,
    "expansion": _expansion,
    "arithmetic_expansion": _arithmetic,
    "command_substitution": _substitution,
    "process_substitution": _substitution,
}
WORDS: dict[str, Visitor] = dict.fromkeys(
    table(
        "word number string raw_string ansi_c_string concatenation brace_expression "
        "extglob_pattern test_operator regex"
    ),
    literal,
)
