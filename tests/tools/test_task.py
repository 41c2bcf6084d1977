import dataclasses

import pytest

from loom.core.errors import InvalidArguments, ToolError
from loom.tools.base import ToolContext, parse_arguments
from loom.tools.task import Task

WORK = {"description": "find callers", "prompt": "Find every caller of parse."}


async def test_sub_agents_last_words_are_the_answer(context: ToolContext) -> None:
    asked: list[tuple[str, str]] = []

    async def spawn(description: str, prompt: str) -> str:
        asked.append((description, prompt))
        return "There are three."

    tool = Task()
    changed = dataclasses.replace(context, spawn=spawn)
    answer = await tool.run(parse_arguments(tool, WORK), changed)
    assert asked == [("find callers", "Find every caller of parse.")]
    assert answer.text == "There are three."
    assert answer.display is not None
    assert answer.display.summary == "task find callers"


async def test_sub_agent_without_a_word_is_told(context: ToolContext) -> None:
    async def spawn(description: str, prompt: str) -> str:
        return ""

    tool = Task()
    answer = await tool.run(parse_arguments(tool, WORK), dataclasses.replace(context, spawn=spawn))
    assert answer.text == "The sub-agent ended without a word."


async def test_failed_sub_agent_is_an_error(context: ToolContext) -> None:
    tool = Task()
    with pytest.raises(ToolError, match="no sub-agents"):
        await tool.run(parse_arguments(tool, WORK), context)


@pytest.mark.parametrize("field", ["description", "prompt"])
def test_nothing_may_be_empty(field: str) -> None:
    with pytest.raises(InvalidArguments, match=field):
        parse_arguments(Task(), WORK | {field: ""})


async def test_preview_shows_the_whole_prompt(context: ToolContext) -> None:
    tool = Task()
    shown = await tool.preview(parse_arguments(tool, WORK), context)
    assert shown.body == WORK["prompt"]


def test_task_itself_touches_nothing(context: ToolContext) -> None:
    tool = Task()
    assert tool.access(parse_arguments(tool, WORK), context).kind == "none"
