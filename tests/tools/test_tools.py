import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loom.core.messages import ToolCall
from loom.tools import TOOLS, load
from loom.tools.base import ToolContext, definition
from loom.tools.invoke import invoke

HOSTILE: dict[str, Any] = {
    "nothing": None,
    "a list": [[]],
    "an object": {"a": {"b": 1}},
    "deep nesting": msgspec.json.decode(b"[" * 500 + b"]" * 500),
    "a negative number": -1,
    "a huge number": 10**30,
    "a fraction": 1.5,
    "not a number": float("nan"),
    "10 MB": "x" * 10_000_000,
    "a NUL": "a\0b",
    "half a character": "a\ud800b",
}


@pytest.mark.parametrize("name", TOOLS)
def test_row_is_a_tool_of_its_name(name: str) -> None:
    tool = load([name])[name]
    told = definition(tool)
    assert told.name == name
    assert 40 < len(told.description) < 1_500
    assert told.input_schema["type"] == "object"
    assert told.input_schema["properties"]
    assert not (tool.is_read_only and tool.is_mutating)


def test_table_imports_no_tool() -> None:
    code = "import sys, loom.tools; print(*(m for m in sys.modules if m.startswith('loom.tools.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", TOOLS)
async def test_hostile_arguments_are_answered_with_an_error(
    name: str, value: Any, workspace: Path, context: ToolContext
) -> None:
    tools = load([name])
    given = dict.fromkeys(definition(tools[name]).input_schema["properties"], value)
    result = await invoke(tools, ToolCall("c1", name, given), context)
    assert (result.tool_use_id, result.is_error) == ("c1", True)
    assert len(msgspec.json.encode(result)) < 20_000
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize("call", [{"malformed": "{"}, {"input": {"no_such_argument": 1}}], ids=str)
@pytest.mark.parametrize("name", TOOLS)
async def test_arguments_of_another_shape_are_answered_with_an_error(
    name: str, call: dict[str, Any], context: ToolContext
) -> None:
    result = await invoke(load([name]), ToolCall("c1", name, **call), context)
    assert result.is_error


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("read_file", {"path": "a", "limit": 0}),
        ("read_file", {"path": "a", "max_bytes": 2**40}),
        ("list_files", {"max_results": 10**9}),
        ("code_search", {"pattern": "a", "context": -1}),
        ("edit_file", {"path": "a", "edits": []}),
        ("edit_file", {"path": "a", "edits": [{"old_str": "", "new_str": "a\0b"}]}),
        ("edit_file", {"path": "a", "edits": [{"old_str": "", "new_str": "a\ud800"}]}),
        ("edit_file", {"path": "a", "edits": [{"old_str": "", "new_str": "x"}] * 1_000}),
        ("write_file", {"path": "a", "content": "x" * 10_000_000}),
        ("write_file", {"path": "a", "content": "\udc80"}),
        ("todo", {"items": [{"text": "a", "status": "perhaps"}]}),
    ],
)
async def test_values_out_of_range_are_answered_with_an_error(
    name: str, given: dict[str, Any], workspace: Path, context: ToolContext
) -> None:
    result = await invoke(load([name]), ToolCall("c1", name, given), context)
    assert result.is_error
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("read_file", {"path": "a/../b"}, "read"),
        ("list_files", {"root": "b"}, "read"),
        ("code_search", {"pattern": "x", "path": "b"}, "read"),
        ("edit_file", {"path": "b", "edits": [{"old_str": "x", "new_str": "y"}]}, "write"),
        ("write_file", {"path": "b", "content": ""}, "write"),
    ],
)
def test_access_names_what_is_touched(
    name: str, given: dict[str, Any], kind: str, workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").mkdir()
    tool = load([name])[name]
    access = tool.access(msgspec.convert(given, tool.arguments), context)
    assert (access.tool, access.kind, access.targets) == (name, kind, ("b",))
    assert "\n" not in tool.summary(msgspec.convert(given, tool.arguments))
