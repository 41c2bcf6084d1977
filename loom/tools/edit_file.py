"""edit_file: several exact replacements in one file, all of them or none."""

from typing import Annotated

from msgspec import Meta, Struct

from loom.core.errors import InvalidArguments
from loom.core.messages import Display
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.change import Change, EditJob
from loom.tools.output import one_line
from loom.tools.paths import targets
from loom.tools.replacing import Edit
from loom.tools.rewrite import MAX_CONTENT, Before, look, put, shown, work_out_change
from loom.tools.settle import settle
from loom.tools.text_file import refuse_half_characters


class EditFileArguments(Struct, forbid_unknown_fields=True):
    """Arguments of edit_file."""

    path: Annotated[str, Meta(description="File to edit, relative to the workspace.")]
    edits: Annotated[
        tuple[Edit, ...],
        Meta(min_length=1, max_length=200, description="Applied in order, all or none."),
    ]


class EditFile:
    """Replaces text where it stands, and nothing when any of it cannot be found."""

    name = "edit_file"
    description = """\
Replace text in a file. Each edit's old_str must be copied exactly from the file (without \
read_file's line numbers) and stand there exactly once: add lines around it until it is unique, or \
set replace_all. Give all edits of a file in one call; they apply in order, all or none. An empty \
old_str appends new_str, or makes the file; an empty new_str deletes. Line endings and encoding \
are kept."""
    arguments: type[Struct] = EditFileArguments
    is_read_only = False
    is_mutating = True

    def summary(self, arguments: EditFileArguments) -> str:
        """`edit loom/app.py (2 edits)`."""
        count = len(arguments.edits)
        return one_line(f"edit {arguments.path}") + (f" ({count} edits)" if count > 1 else "")

    def access(self, arguments: EditFileArguments, context: ToolContext) -> Access:
        """Writes one path."""
        return Access(self.name, "write", targets(context.workspace, arguments.path))

    async def preview(self, arguments: EditFileArguments, context: ToolContext) -> Display:
        """The exact diff. Raises as `run` does, and writes nothing."""
        before, change = await self._change(arguments, context)
        return shown(before, change)

    async def run(self, arguments: EditFileArguments, context: ToolContext) -> Answer:
        """Raises TargetNotFound, NotFound, InvalidArguments, PathOutsideWorkspace, ToolError."""
        before, change = await self._change(arguments, context)
        await settle(put, context, arguments.path, before, change.data)
        display = shown(before, change)
        count = len(arguments.edits)
        sizes = f"{len(before.data or b''):,} → {len(change.data):,} bytes"
        text = f"{display.summary} ({count} edit{'s' * (count > 1)}, {sizes})"
        return Answer(text, display=display)

    async def _change(
        self, arguments: EditFileArguments, context: ToolContext
    ) -> tuple[Before, Change]:
        _check(arguments.edits)
        must_exist = bool(arguments.edits[0].old_str)
        before = await settle(look, context, arguments.path, must_exist)
        job = EditJob(before.relative, before.data, arguments.edits)
        return before, await work_out_change(job)


def _check(edits: tuple[Edit, ...]) -> None:
    if sum(len(edit.old_str) + len(edit.new_str) for edit in edits) > MAX_CONTENT:
        raise InvalidArguments(f"the edits are longer than {MAX_CONTENT:,} characters")
    for number, edit in enumerate(edits, 1):
        refuse_half_characters(f"edit {number}: old_str", edit.old_str)
        refuse_half_characters(f"edit {number}: new_str", edit.new_str)
