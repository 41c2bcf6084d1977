"""task: a sub-agent with a thread of its own, for work whose details the caller need not read."""

from typing import Annotated

from msgspec import Meta, Struct

from loom.core.messages import Display
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.output import one_line
from loom.tools.text_file import refuse_half_characters


class TaskArguments(Struct, forbid_unknown_fields=True):
    """Arguments of task."""

    description: Annotated[
        str, Meta(min_length=1, max_length=200, description="The work in three to eight words.")
    ]
    prompt: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100_000,
            description="Everything it must know; it sees nothing of this conversation.",
        ),
    ]


class Task:
    """Runs a sub-agent under the session's own mode and rules."""

    name = "task"
    description = """\
Give a self-contained piece of work to a sub-agent and read its last words. It has the same tools \
and permissions but none of this conversation, so say what to do, where, and what to report. Good \
for broad searches and for several independent pieces at once."""
    arguments: type[Struct] = TaskArguments
    is_read_only = False
    is_mutating = True

    def summary(self, arguments: TaskArguments) -> str:
        """`task find every caller of parse`."""
        return one_line(f"task {arguments.description}")

    def access(self, arguments: TaskArguments, context: ToolContext) -> Access:
        """Nothing by itself: each call of the sub-agent is judged like any other."""
        return Access(self.name, "none", (one_line(arguments.description),))

    async def preview(self, arguments: TaskArguments, context: ToolContext) -> Display:
        """The whole prompt."""
        return Display("text", self.summary(arguments), arguments.prompt)

    async def run(self, arguments: TaskArguments, context: ToolContext) -> Answer:
        """Raises ToolError when the sub-agent could not finish."""
        refuse_half_characters("description", arguments.description)
        refuse_half_characters("prompt", arguments.prompt)
        text = await context.spawn(arguments.description, arguments.prompt)
        return Answer(
            text or "The sub-agent ended without a word.",
            display=Display("text", self.summary(arguments), text),
        )
