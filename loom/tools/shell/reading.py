"""What is found in a shell line, and the walk over its syntax tree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loom.tools.shell.blanks import demand_no_gaps
from loom.tools.shell.words import Unreadable, Word

if TYPE_CHECKING:
    from tree_sitter import Node

Visitor = Callable[["Node", "Reading"], None]


@dataclass
class Reading:
    """What was found in a line.

    Attributes:
        visitors: what to do with each kind of node; any other makes the line unreadable.
        commands: simple commands, assignments left out, in the order they are written.
        written: files that redirections write to.
        literals: every word and assigned value; what `stays_in` looks for paths in.
        assigned: names of variables set in the line.
        used: names of variables expanded in it.
        is_computed: some word depends on the output of a command.
    """

    visitors: Mapping[str, Visitor]
    commands: list[tuple[Word, ...]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    literals: list[str] = field(default_factory=list)
    assigned: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    is_computed: bool = False

    def visit(self, node: "Node") -> None:
        """Take in `node` and what it holds. Raises Unreadable."""
        visitor = self.visitors.get(node.type)
        if visitor is None:
            raise Unreadable(f"a part of kind {node.type}")
        visitor(node, self)

    def branch(self, node: "Node") -> None:
        """Take in what `node` holds. Raises Unreadable."""
        demand_no_gaps(node)
        for child in node.children:
            if child.is_named:
                self.visit(child)
