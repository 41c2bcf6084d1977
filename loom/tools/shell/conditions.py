"""Blocks and tests: what of them runs nothing, and what evaluates its operands."""

import re
from typing import TYPE_CHECKING

from loom.tools.shell.blanks import demand_no_gaps
from loom.tools.shell.expansions import EXPANSIONS
from loom.tools.shell.reading import Reading
from loom.tools.shell.words import Unreadable, source

if TYPE_CHECKING:
    from tree_sitter import Node

_INTEGER = re.compile(r"-?\d{1,18}|\$[#?]")
_COMPARISONS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_CONDITIONS = frozenset({"binary_expression", "unary_expression", "parenthesized_expression"})


def block(node: "Node", reading: Reading) -> None:
    """Take in `{ …; }`, and refuse `((…))`, which the grammar gives the same name."""
    if node.children[0].type != "{":
        # Arithmetic evaluates what its variables hold, down to command substitutions.
        raise Unreadable("arithmetic")
    reading.branch(node)


def test(node: "Node", reading: Reading) -> None:
    """Take in `[ … ]` or `[[ … ]]`; neither runs a program by itself."""
    opening = node.children[0].type
    if opening not in ("[", "[["):
        raise Unreadable("arithmetic")
    demand_no_gaps(node)
    for child in node.children:
        if child.is_named:
            _condition(child, reading, is_evaluated=opening == "[[")


def _condition(node: "Node", reading: Reading, is_evaluated: bool) -> None:
    if node.type not in _CONDITIONS:
        return reading.visit(node)
    demand_no_gaps(node)
    operators = {source(child) for child in node.children if not _is_operand(child)}
    operands = [child for child in node.children if _is_operand(child)]
    if operators & {"-v", "-R"}:
        raise Unreadable("a test of a variable by its name")
    are_integers = all(_INTEGER.fullmatch(source(operand).strip('"')) for operand in operands)
    if is_evaluated and operators & _COMPARISONS and not are_integers:
        raise Unreadable("a comparison that evaluates its operands")
    for operand in operands:
        if (
            not is_evaluated
            and operand.type in EXPANSIONS
            and not _INTEGER.fullmatch(source(operand))
        ):
            raise Unreadable("a test whose words only the shell will know")
        _condition(operand, reading, is_evaluated)
    return None


def _is_operand(node: "Node") -> bool:
    return node.is_named and node.type != "test_operator"
