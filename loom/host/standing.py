"""Where a live session stands, for those who do not see it."""

from typing import Literal

from loom.agent.runtime import Runtime
from loom.core.state import ShuttingDown, WaitingForUserInput

Standing = Literal["working", "waiting", "rest"]


def standing_of(runtime: Runtime) -> Standing:
    """`waiting` for a person's decision; a background command keeps a session `working`."""
    if runtime.authorizer.pending:
        return "waiting"
    is_resting = isinstance(runtime.state, WaitingForUserInput | ShuttingDown)
    return "rest" if is_resting and not _has_jobs(runtime) else "working"


def _has_jobs(runtime: Runtime) -> bool:
    return any(not job.ended.done() for job in runtime.toolbox.memory.jobs.values())
