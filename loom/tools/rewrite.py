"""Looking at a file, working out its new content, and replacing what was looked at."""

import os
from dataclasses import dataclass

from msgspec import msgpack

from loom.core.errors import PermissionDenied, ToolError
from loom.core.messages import Display
from loom.tools.base import ToolContext
from loom.tools.change import Change, EditJob, Refusal, WriteJob, work_out
from loom.tools.child import ask_worker
from loom.tools.paths import locate
from loom.tools.place import Place
from loom.tools.read_file import MAX_REMEMBERED
from loom.tools.settle import settle
from loom.tools.text_file import content_hash

MAX_CONTENT = 4_000_000
"""Characters that one call may bring."""
_SMALL = 64_000
_TIMEOUT = 60.0


@dataclass(frozen=True)
class Before:
    """A file as it was looked at; `status` and `data` are None when there was none."""

    relative: str
    status: os.stat_result | None
    data: bytes | None


def look(context: ToolContext, path: str, must_exist: bool) -> Before:
    """The file that is to be changed, which need not exist unless it must.

    Raises ToolError where it is no file, too large, git's own, or not what the model last saw.
    """
    with locate(context.workspace, path) as place:
        if place.is_git_internal:
            raise PermissionDenied(f"{place.relative} belongs to git", "Use git commands instead.")
        if not must_exist and place.status() is None:
            return Before(place.relative, None, None)
        status = place.file_status()
        if status.st_size > MAX_REMEMBERED:
            raise ToolError(f"{place.relative} is too large: over {MAX_REMEMBERED:,} bytes")
        with place.open_file() as file:
            data = file.read()
        _demand_seen(context, place, data)
        return Before(place.relative, status, data)


def _demand_seen(context: ToolContext, place: Place, data: bytes) -> None:
    seen = context.memory.seen.get(context.workspace / place.relative)
    if seen is not None and seen != content_hash(data):
        raise ToolError(f"{place.relative} changed since you last read it", "Read it again first.")


async def work_out_change(job: EditJob | WriteJob) -> Change:
    """`work_out`, in another process where it could stall the screen.

    Raises TargetNotFound, InvalidArguments, ToolTimeout.
    """
    if _size(job) <= _SMALL:
        outcome = await settle(work_out, job)
    else:
        reply = await ask_worker("change", msgpack.encode(job), _TIMEOUT)
        outcome = msgpack.decode(reply, type=Change | Refusal)
    if isinstance(outcome, Refusal):
        raise outcome.error
    return outcome


def _size(job: EditJob | WriteJob) -> int:
    brought = (
        len(job.content)
        if isinstance(job, WriteJob)
        else sum(len(edit.old_str) + len(edit.new_str) for edit in job.edits)
    )
    return len(job.before or b"") + brought


def put(context: ToolContext, path: str, before: Before, data: bytes) -> None:
    """Replace what was looked at. Raises ToolError when it is something else by now."""
    with locate(context.workspace, path) as place:
        if place.relative != before.relative:
            raise ToolError(f"{path} leads elsewhere since it was looked at")
        place.replace(data, before.status)
        context.memory.seen[context.workspace / place.relative] = content_hash(data)


def shown(before: Before, change: Change) -> Display:
    """The change as people see it: `+3 −1 path` over its diff."""
    return Display("diff", f"+{change.added} −{change.removed} {before.relative}", change.diff)
