import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from loom.core.errors import ToolError
from loom.core.messages import Display, Image, Text, ToolCall, ToolResult
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.invoke import invoke
from loom.tools.output import MAX_ANSWER


class EchoArguments(Struct):
    text: str = ""
    count: int = 1


class Echo:
    """A tool that answers with its text, or raises what it was made with."""

    name = "echo"
    description = "Echo."
    arguments: type[Struct] = EchoArguments
    is_read_only = True
    is_mutating = False

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error

    def summary(self, arguments: Any) -> str:
        return "echo"

    def access(self, arguments: Any, context: ToolContext) -> Access:
        return Access(self.name, "none")

    async def preview(self, arguments: Any, context: ToolContext) -> Display:
        return Display("text")

    async def run(self, arguments: Any, context: ToolContext) -> Answer:
        if self.error is not None:
            raise self.error
        picture = (Image("image/png", "AA=="),)
        return Answer(arguments.text * arguments.count, picture, Display("text", "echoed"))


async def call(
    context: ToolContext, error: BaseException | None = None, **given: Any
) -> ToolResult:
    made = {"id": "c1", "name": "echo", "input": {}} | given
    return await invoke({"echo": Echo(error)}, ToolCall(**made), context)


def text_of(result: ToolResult) -> str:
    return "".join(block.text for block in result.content if isinstance(block, Text))


async def test_answer_becomes_the_result_of_its_call(context: ToolContext) -> None:
    result = await call(context, input={"text": "hi"})
    assert result.tool_use_id == "c1"
    assert result.content == (Text("hi"), Image("image/png", "AA=="))
    assert not result.is_error
    assert result.display == Display("text", "echoed")


async def test_unknown_tool_names_the_nearest(context: ToolContext) -> None:
    result = await call(context, name="ecko")
    assert result.is_error
    assert text_of(result) == "Error: there is no tool 'ecko'. Did you mean echo?"


async def test_unknown_tool_without_a_near_one_lists_all(context: ToolContext) -> None:
    assert text_of(await call(context, name="q" * 10_000_000)).endswith("The tools are: echo.")


async def test_malformed_arguments_are_told(context: ToolContext) -> None:
    result = await call(context, malformed='{"text": ')
    assert text_of(result).startswith("Error: echo: the arguments are not a JSON object")


async def test_wrong_types_name_the_place(context: ToolContext) -> None:
    assert "$.count" in text_of(await call(context, input={"count": "many"}))


async def test_tool_error_reaches_the_model_with_its_hint(context: ToolContext) -> None:
    result = await call(context, ToolError("it broke", "Mend it."))
    assert text_of(result) == "Error: it broke. Mend it."


async def test_defect_of_a_tool_is_a_result_and_logged(
    context: ToolContext, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        result = await call(context, ZeroDivisionError("oops"))
    assert text_of(result) == "Error: ZeroDivisionError inside the tool: oops"
    assert "tool echo failed" in caplog.text


async def test_cancellation_passes_through(context: ToolContext) -> None:
    with pytest.raises(asyncio.CancelledError):
        await call(context, asyncio.CancelledError())


async def test_long_answer_is_cut_and_kept_whole_in_scratch(context: ToolContext) -> None:
    result = await call(context, input={"text": "0123456789", "count": 20_000})
    text = text_of(result)
    assert len(text) < MAX_ANSWER + 300
    kept = Path(text.split("all of it: ")[1].split("]")[0])
    assert kept.read_text() == "0123456789" * 20_000
    assert kept.parent == context.scratch


async def test_long_answer_that_cannot_be_kept_is_still_an_answer(context: ToolContext) -> None:
    context.scratch.write_text("a file where the folder should be")
    result = await call(context, input={"text": "0123456789", "count": 20_000})
    assert not result.is_error
    assert "they could not be kept: " in text_of(result)


async def test_lone_surrogates_do_not_reach_the_wire(context: ToolContext) -> None:
    result = await call(context, input={"text": "a\ud800b"})
    assert text_of(result) == "a?b"
