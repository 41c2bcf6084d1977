"""list_files: what is in a folder, as git sees it."""

from typing import Annotated

from msgspec import Meta, Struct, msgpack

from loom.core.messages import Display
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.child import ask_worker
from loom.tools.listing import Listing, ListJob
from loom.tools.output import one_line
from loom.tools.paths import locate, targets
from loom.tools.settle import settle

_TIMEOUT = 30.0


class ListFilesArguments(Struct, forbid_unknown_fields=True):
    """Arguments of list_files."""

    root: Annotated[str, Meta(description="Folder to list, relative to the workspace.")] = "."
    recursive: Annotated[bool, Meta(description="Also what is in its folders.")] = True
    max_results: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


class ListFiles:
    """Lists in a process of its own, so that a huge tree never stalls the screen."""

    name = "list_files"
    description = """\
List the files of a folder and its subfolders, sorted, relative to the workspace, without what \
git ignores (name an ignored folder as root to see into it). Folders end in `/`; in a recursive \
list they only appear when empty. Give recursive=false for one level."""
    arguments: type[Struct] = ListFilesArguments
    is_read_only = True
    is_mutating = False

    def summary(self, arguments: ListFilesArguments) -> str:
        """`list src`."""
        return one_line(f"list {arguments.root}")

    def access(self, arguments: ListFilesArguments, context: ToolContext) -> Access:
        """Reads one folder."""
        return Access(self.name, "read", targets(context.workspace, arguments.root))

    async def preview(self, arguments: ListFilesArguments, context: ToolContext) -> Display:
        """The folder."""
        return Display("text", self.summary(arguments))

    async def run(self, arguments: ListFilesArguments, context: ToolContext) -> Answer:
        """Raises NotFound, PathOutsideWorkspace, ToolTimeout, ToolError."""
        path = await settle(_folder, arguments.root, context)
        job = ListJob(str(context.workspace), path, arguments.recursive, arguments.max_results)
        reply = await ask_worker("list", msgpack.encode(job), _TIMEOUT, context)
        listing = msgpack.decode(reply, type=Listing)
        text = "\n".join(listing.lines) or f"{path} is empty, or git ignores all of it."
        if listing.is_cut:
            text += f"\n[The first {len(listing.lines):,} entries; there are more. List a folder"
            text += " of it, or raise max_results.]"
        more = "+" * listing.is_cut
        summary = f"{path}: {len(listing.lines):,}{more} entries"
        return Answer(text, display=Display("listing", summary, text))


def _folder(root: str, context: ToolContext) -> str:
    with locate(context.workspace, root) as place:
        place.demand_folder()
        return place.relative
