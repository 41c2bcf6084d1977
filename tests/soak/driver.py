"""Starts Loom processes and kills them, each at one instant, with SIGKILL."""

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loom.core import codec
from loom.core.protocol import AnyEvent
from tests.soak.scene import make_workspace

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass(frozen=True)
class Aim:
    """Kill `delay` seconds after the process told `mark`."""

    mark: str
    delay: float


@dataclass(frozen=True)
class Told:
    """One line that a process wrote: a mark, or an Event that it showed."""

    at: float
    mark: str = ""
    event: AnyEvent | None = None


@dataclass
class Trial:
    """One process in a folder of its own, and what it told before it died."""

    folder: Path
    aim: Aim
    told: list[Told] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.folder / "work"

    @property
    def database(self) -> Path:
        return self.folder / "loom.db"

    @property
    def shown(self) -> list[AnyEvent]:
        return [line.event for line in self.told if line.event is not None]


async def kill(trial: Trial, url: str) -> None:
    """Run a process that asks the model at `url`, kill it as aimed, and keep what it told."""
    make_workspace(trial.workspace)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.soak.child",
        trial.folder,
        cwd=ROOT,
        env=_environment(trial.folder, url),
        stdout=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    if process.stdout is None:
        raise RuntimeError("there is no pipe")
    try:
        async with asyncio.timeout(PATIENCE):
            await _read(process.stdout, trial, process)
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()


async def _read(
    lines: asyncio.StreamReader, trial: Trial, process: asyncio.subprocess.Process
) -> None:
    async for line in lines:
        # A line that was cut off by the kill was not shown.
        if not line.endswith(b"\n"):
            break
        trial.told.append(_parsed(json.loads(line)))
        if trial.told[-1].mark == trial.aim.mark:
            asyncio.get_running_loop().call_later(trial.aim.delay, _end, process)


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()


def _parsed(line: dict[str, Any]) -> Told:
    event = codec.decode_event(json.dumps(line["event"]).encode()) if "event" in line else None
    return Told(line["at"], line.get("mark", ""), event)


def _environment(folder: Path, url: str) -> dict[str, str]:
    """A machine of its own: nothing of the person who runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "GIT_CEILING_DIRECTORIES": str(folder),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "sk-ant-a-key-of-the-crash-test",
        "LOOM_LOG_LEVEL": "error",
        "LOOM_TITLE__MODEL": "off",
    }


def forget(trial: Trial) -> None:
    """Remove what a trial left on disk."""
    shutil.rmtree(trial.folder, ignore_errors=True)
