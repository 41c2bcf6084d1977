import pytest

from loom.core.errors import InvalidArguments
from loom.core.messages import TodoItem
from loom.tools.base import ToolContext, parse_arguments
from loom.tools.todo import Todo

PLAN = {"items": [{"text": "read", "status": "done"}, {"text": "mend", "status": "in_progress"}]}


async def test_plan_is_set_echoed_and_shown(context: ToolContext) -> None:
    tool = Todo()
    answer = await tool.run(parse_arguments(tool, PLAN), context)
    assert context.memory.todo == (TodoItem("read", "done"), TodoItem("mend", "in_progress"))
    assert answer.text == "[x] read\n[~] mend"
    assert answer.display is not None
    assert (answer.display.kind, answer.display.summary) == ("todo", "plan: 1 of 2 done")


@pytest.mark.parametrize("text", ["", "  ", "x" * 501, "a\0b", "\ud800"])
async def test_item_that_cannot_be_shown_is_refused(context: ToolContext, text: str) -> None:
    tool = Todo()
    with pytest.raises(InvalidArguments, match="item 1"):
        await tool.run(parse_arguments(tool, {"items": [{"text": text}]}), context)
