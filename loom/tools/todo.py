"""todo: the agent's plan, where people can see it."""

from typing import Annotated

from msgspec import Meta, Struct

from loom.core.errors import InvalidArguments
from loom.core.messages import Display, TodoItem
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.text_file import refuse_half_characters

_MAX_TEXT = 500
_MARKS = {"pending": "[ ]", "in_progress": "[~]", "done": "[x]"}


class TodoArguments(Struct, forbid_unknown_fields=True):
    """Arguments of todo."""

    items: Annotated[
        tuple[TodoItem, ...],
        Meta(max_length=100, description="The whole plan, in order; it replaces the last one."),
    ]


class Todo:
    """Replaces the visible plan."""

    name = "todo"
    description = """\
Keep a visible plan of the work. Give the whole list each time: each item has a text and a status \
(pending, in_progress, done). Use it for work of three steps or more; keep one item in_progress, \
and mark items done as soon as they are."""
    arguments: type[Struct] = TodoArguments
    is_read_only = True
    is_mutating = False

    def summary(self, arguments: TodoArguments) -> str:
        """`plan: 1 of 3 done`."""
        done = sum(item.status == "done" for item in arguments.items)
        return f"plan: {done} of {len(arguments.items)} done"

    def access(self, arguments: TodoArguments, context: ToolContext) -> Access:
        """Touches nothing."""
        return Access(self.name, "none")

    async def preview(self, arguments: TodoArguments, context: ToolContext) -> Display:
        """The plan as it will be."""
        return Display("todo", self.summary(arguments), _listed(arguments.items))

    async def run(self, arguments: TodoArguments, context: ToolContext) -> Answer:
        """Raises InvalidArguments for an item without text, or with too much of it."""
        for number, item in enumerate(arguments.items, 1):
            refuse_half_characters(f"item {number}", item.text)
            if not item.text.strip() or len(item.text) > _MAX_TEXT:
                raise InvalidArguments(f"item {number} must have 1 to {_MAX_TEXT} characters")
        context.set_todo(arguments.items)
        text = _listed(arguments.items) or "The plan is empty."
        return Answer(text, display=await self.preview(arguments, context))


def _listed(items: tuple[TodoItem, ...]) -> str:
    return "\n".join(f"{_MARKS[item.status]} {' '.join(item.text.split())}" for item in items)
