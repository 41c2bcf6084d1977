"""The agent's tools: one module a tool, one row in TOOLS.

base: what a tool is · invoke: one call, whose every failure is a result · paths: nothing leaves
the workspace · then a module for each row of TOOLS, of the same name.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.tools.base import Tool

TOOLS = {
    "read_file": "ReadFile",
    "list_files": "ListFiles",
    "code_search": "CodeSearch",
    "edit_file": "EditFile",
    "write_file": "WriteFile",
    "bash": "Bash",
    "bash_job": "BashJob",
    "todo": "Todo",
    "task": "Task",
    "oracle": "Oracle",
    "web_search": "WebSearch",
}
"""Name of each tool, and of its module, with its class there; in the order the model is told."""


def load(names: Iterable[str] = TOOLS) -> "dict[str, Tool]":
    """A fresh instance of each named tool; its module is imported only now.

    Raises KeyError for a name without a row.
    """
    return {name: getattr(import_module(f"{__name__}.{name}"), TOOLS[name])() for name in names}
