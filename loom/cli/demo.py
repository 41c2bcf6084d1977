"""`loom --demo`: the real app, or with `-p` one real turn, on a fresh clone of a small project."""

import asyncio
import os
import sys
import tempfile
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from loom.cli.options import overrides
from loom.cli.plan import Plan
from loom.config.load import load
from loom.core.protocol import Mode
from loom.demo import PROMPT, clone

_UNASKED: dict[Mode, str] = {
    "ask": "its own test command runs unasked, edits are refused",
    "edit": "edits and its own test command run unasked",
    "auto": "edits and its own test command run unasked",
    "plan": "nothing may be changed or run",
}


@dataclass(frozen=True)
class Stage:
    """Where a demo plays: a folder of its own, with the project and the demo's own threads."""

    folder: Path
    project: Path

    def plan(self, args: Namespace, *, has_person: bool) -> Plan:
        """The demo provider in the cloned project; threads stay out of the person's own."""
        settings = load(os.environ, self.project, overrides(args)).settings
        settings = replace(settings, provider="demo", model="default", server_url="")
        if not has_person:
            settings = replace(settings, mode=args.mode or "auto")
        return Plan(
            self.project,
            settings,
            os.environ,
            has_person=has_person,
            database=self.folder / "threads.db",
            allowed=() if has_person else ("allow bash(python3 -m unittest)",),
        )


def run(args: Namespace) -> int:
    """Play the demo. Raises LoomError."""
    folder = Path(tempfile.mkdtemp(prefix="loom-demo-"))
    stage = Stage(folder, clone(folder))
    if args.print:
        return _once(stage, args)
    from loom.cli.chat import Opening, show

    plan = stage.plan(args, has_person=True)
    status = show(Opening(plan, draft=args.prompt or PROMPT, is_demo=True))
    print(f"The demo's project is in {stage.project}")
    return status


def _once(stage: Stage, args: Namespace) -> int:
    from loom.cli.once import answer

    plan = stage.plan(args, has_person=False)
    mode = plan.settings.mode
    print(f"loom: demo in {stage.project}, mode {mode}: {_UNASKED[mode]}", file=sys.stderr)
    return asyncio.run(answer(plan, args.prompt or PROMPT, is_json=args.json))
