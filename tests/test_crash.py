"""kill -9 at any instant: nothing that was shown as done is lost, and nothing is done twice."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.upstream import RawUpstream
from tests.soak.draw import draw
from tests.soak.driver import Aim, Told, Trial, forget, kill
from tests.soak.model import answer
from tests.soak.phases import PHASES, phase_at_end, shares
from tests.soak.verify import verify

SEED = 2
AT_ONCE = 2
ENOUGH = 10


async def whole_run(folder: Path, url: str) -> list[Told]:
    """The course of a run that is killed at rest, after its last turn."""
    trial = Trial(folder, Aim("over", 0.05))
    folder.mkdir()
    await kill(trial, url)
    await verify(trial)
    return trial.told


async def killed(folder: Path, aims: list[Aim], url: str) -> list[Trial]:
    trials = [Trial(folder / str(number), aim) for number, aim in enumerate(aims)]
    room = asyncio.Semaphore(AT_ONCE)

    async def one(trial: Trial) -> None:
        async with room:
            trial.folder.mkdir()
            await kill(trial, url)

    await asyncio.gather(*map(one, trials))
    return trials


async def failures(trials: list[Trial]) -> list[str]:
    """What does not hold, a line a trial; what held is removed from disk."""
    found = []
    for trial in trials:
        (error,) = await asyncio.gather(verify(trial), return_exceptions=True)
        if error is None:
            forget(trial)
        else:
            found.append(f"{trial.folder} {trial.aim} {phase_at_end(trial.told)}: {error!r}")
    return found


def histogram(trials: list[Trial], course: list[Told]) -> str:
    """Where the kills fell, those drawn over the turns and those aimed at commits."""
    drawn = Counter(phase_at_end(t.told) for t in trials if t.aim.mark == "play")
    aimed = Counter(phase_at_end(t.told) for t in trials if t.aim.mark != "play")
    spent = shares(course)
    whole = sum(spent.values())
    lines = [f"{'killed':<12}{'all':>5}{'uniform':>9}{'aimed':>7}{'share of time':>15}"]
    lines += [
        f"{p:<12}{drawn[p] + aimed[p]:>5}{drawn[p]:>9}{aimed[p]:>7}{spent[p] / whole:>14.1%}"
        for p in PHASES
    ]
    return "\n".join(lines)


async def crash(folder: Path, count: int) -> list[Trial]:
    async with RawUpstream(answer) as upstream:
        course = await whole_run(folder / "whole", upstream.url)
        aims = draw(course, count, random.Random(SEED))
        trials = await killed(folder, aims, upstream.url)
    print(f"\n{count} kills, seed {SEED}\n{histogram(trials, course)}")
    assert await failures(trials) == []
    return trials


async def test_twenty_kills_lose_nothing_and_repeat_nothing(tmp_path):
    assert len(await crash(tmp_path, 20)) == 20


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_two_hundred_kills_lose_nothing_and_repeat_nothing(tmp_path):
    fell = Counter(phase_at_end(trial.told) for trial in await crash(tmp_path, 200))
    for phase in ("streaming", "tool", "commit", "compaction"):
        assert fell[phase] >= ENOUGH, f"{phase}: {fell[phase]} kills"
