"""write_file: a whole file at once."""

from typing import Annotated

from msgspec import Meta, Struct

from loom.core.errors import InvalidArguments
from loom.core.messages import Display
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.change import Change, WriteJob
from loom.tools.output import one_line
from loom.tools.paths import targets
from loom.tools.rewrite import MAX_CONTENT, Before, look, put, shown, work_out_change
from loom.tools.settle import settle
from loom.tools.text_file import refuse_half_characters


class WriteFileArguments(Struct, forbid_unknown_fields=True):
    """Arguments of write_file."""

    path: Annotated[str, Meta(description="File to write, relative to the workspace.")]
    content: Annotated[str, Meta(description="The whole file.")]


class WriteFile:
    """Makes a file, or replaces all of one."""

    name = "write_file"
    description = """\
Write a whole file, making it and its folders if needed. It replaces what was there: to change \
part of a file use edit_file."""
    arguments: type[Struct] = WriteFileArguments
    is_read_only = False
    is_mutating = True

    def summary(self, arguments: WriteFileArguments) -> str:
        """`write loom/app.py`."""
        return one_line(f"write {arguments.path}")

    def access(self, arguments: WriteFileArguments, context: ToolContext) -> Access:
        """Writes one path."""
        return Access(self.name, "write", targets(context.workspace, arguments.path))

    async def preview(self, arguments: WriteFileArguments, context: ToolContext) -> Display:
        """The exact diff. Raises as `run` does, and writes nothing."""
        before, change = await self._change(arguments, context)
        return shown(before, change)

    async def run(self, arguments: WriteFileArguments, context: ToolContext) -> Answer:
        """Raises InvalidArguments, PathOutsideWorkspace, ToolError."""
        before, change = await self._change(arguments, context)
        await settle(put, context, arguments.path, before, change.data)
        display = shown(before, change)
        verb = "created" if before.data is None else "replaced"
        text = f"{verb} {before.relative} ({len(change.data):,} bytes, {display.summary})"
        return Answer(text, display=display)

    async def _change(
        self, arguments: WriteFileArguments, context: ToolContext
    ) -> tuple[Before, Change]:
        if len(arguments.content) > MAX_CONTENT:
            raise InvalidArguments(f"the content is longer than {MAX_CONTENT:,} characters")
        refuse_half_characters("content", arguments.content)
        before = await settle(look, context, arguments.path, must_exist=False)
        job = WriteJob(before.relative, before.data, arguments.content)
        return before, await work_out_change(job)
