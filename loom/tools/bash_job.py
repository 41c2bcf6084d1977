"""bash_job: what became of the commands that bash started in the background."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from loom.core.errors import InvalidArguments
from loom.core.messages import Display
from loom.core.permissions import Access
from loom.tools import jobs
from loom.tools.base import Answer, ToolContext
from loom.tools.output import one_line


class BashJobArguments(Struct, forbid_unknown_fields=True):
    """Arguments of bash_job."""

    action: Annotated[
        Literal["list", "output", "kill"],
        Meta(description="output: state and what it wrote since you last asked."),
    ]
    job: Annotated[str, Meta(description="Its id, such as job-1; not for list.")] = ""
    wait_secs: Annotated[
        int, Meta(ge=0, le=300, description="With output: wait this long for its end first.")
    ] = 0


class BashJob:
    """Looks after this session's own background jobs; touches nothing else."""

    name = "bash_job"
    description = "List the background jobs that bash started, read their new output, or kill one."
    arguments: type[Struct] = BashJobArguments
    is_read_only = False
    is_mutating = False

    def summary(self, arguments: BashJobArguments) -> str:
        """`bash_job kill job-1`."""
        return one_line(f"bash_job {arguments.action} {arguments.job}")

    def access(self, arguments: BashJobArguments, context: ToolContext) -> Access:
        """Only what bash was already allowed to start."""
        if arguments.action != "list" and not arguments.job:
            raise InvalidArguments(f"bash_job: {arguments.action} needs a job")
        return Access(self.name, "none", (f"{arguments.action} {arguments.job}".rstrip(),))

    async def preview(self, arguments: BashJobArguments, context: ToolContext) -> Display:
        """The same line."""
        return Display("text", self.summary(arguments))

    async def run(self, arguments: BashJobArguments, context: ToolContext) -> Answer:
        """Raises NotFound for a job that this session does not know."""
        if arguments.action == "list":
            return _list(context)
        job = jobs.find(context.memory, arguments.job)
        if arguments.action == "kill":
            await job.kill()
        else:
            await job.wait(arguments.wait_secs)
        head = f"{job.id}: {job.state}"
        output = job.unread.take().rstrip("\n")
        return Answer(f"{head}\n{output}".rstrip("\n"), display=Display("command", head, output))


def _list(context: ToolContext) -> Answer:
    known: list[jobs.Job] = list(context.memory.jobs.values())
    lines = [f"{job.id}: {job.state}: {one_line(job.command)}" for job in known]
    text = "\n".join(lines) or "There are no background jobs."
    return Answer(text, display=Display("listing", f"{len(known)} jobs", text))
