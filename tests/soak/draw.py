"""Where the kills fall: drawn from the course of one whole run that nobody killed."""

import random
from collections.abc import Sequence

from tests.soak.driver import Aim, Told
from tests.soak.phases import commits

COMMIT_SHARE = 5
"""Every fifth kill is aimed at a commit: they are a few percent of the time."""


def draw(told: Sequence[Told], count: int, chance: random.Random) -> list[Aim]:
    """`count` aims: uniform over the turns, and every fifth uniform over the time of commits."""
    aimed = count // COMMIT_SHARE
    return [
        *(_over_the_turns(told, chance) for _ in range(count - aimed)),
        *(_in_a_commit(told, chance) for _ in range(aimed)),
    ]


def _over_the_turns(told: Sequence[Told], chance: random.Random) -> Aim:
    begin = next(line.at for line in told if line.mark == "play")
    end = next(line.at for line in told if line.mark == "over")
    return Aim("play", chance.uniform(0, end - begin))


def _in_a_commit(told: Sequence[Told], chance: random.Random) -> Aim:
    """A point of all commits' time, laid end to end; those before the turns are left out."""
    lengths = {mark: seconds for mark, seconds in commits(told).items() if mark != "commit 1"}
    mark = chance.choices(list(lengths), weights=list(lengths.values()))[0]
    return Aim(mark, chance.uniform(0, lengths[mark]))
