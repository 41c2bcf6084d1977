"""What the server keeps for a time only comes to its end by jobs."""

from dataclasses import replace

import pytest

from loom.core.errors import ConfigError
from loom.core.messages import Usage
from loom.server.config import server_config
from loom.server.keys import CONFIG, RELOADS
from loom.server.sections.storage import StorageSettings
from loom.server.spending import usage
from loom.server.spending.usage import UsageRecord
from tests.server.conftest import TeamUp
from tests.server.jobs.test_jobs_routes import DAY_MS, OPERATOR, ran, settled
from tests.server.team import Team
from tests.server.test_door import Clock

JOB = "usage.retention"


async def used(crew: Team, at: int, count: int = 1) -> None:
    """So many requests to a model at a time."""
    one = UsageRecord(
        at, "r", "o", "u", "", "anthropic", "a", "m", "native", 200, Usage(7), False, 5, 1
    )
    await crew.database.write(lambda c: usage.add(c, [one] * count))


async def told(crew: Team) -> list[tuple[str, int, int]]:
    """Days, requests and input tokens as the operator is told of them."""
    path = "/api/usage?by=day&scope=all&since=2025-01-01&until=2026-01-01"
    rows = (await crew.call("GET", path, OPERATOR)).json()["rows"]
    return [(row["key"]["day"], row["requests"], row["input_tokens"]) for row in rows]


async def requests(crew: Team) -> int:
    ((count,),) = await crew.database.query("SELECT count(*) FROM usage_requests")
    return int(count)


async def test_single_requests_are_forgotten_and_their_days_still_add_up(
    team: TeamUp,
) -> None:
    clock = Clock()
    crew = await team(clock=clock)
    await settled(crew)
    many = usage.FORGOTTEN_AT_ONCE + 3
    await used(crew, clock.now - 1, many)
    await used(crew, clock.now, 2)
    before = await told(crew)
    clock.now += 400 * DAY_MS
    assert (await ran(crew, JOB))["result"] == f"{many} requests older than 400 days forgotten"
    assert await requests(crew) == 2
    assert await told(crew) == before
    assert sum(count for _, count, _ in before) == many + 2
    assert sum(tokens for *_, tokens in before) == 7 * (many + 2)


async def test_where_nothing_is_to_be_forgotten_every_request_is_kept(team: TeamUp) -> None:
    clock = Clock()
    crew = await team(clock=clock, storage=StorageSettings(usage_days=0))
    await settled(crew)
    await used(crew, 0)
    clock.now += 4_000 * DAY_MS
    assert "every request is kept" in (await ran(crew, JOB))["result"]
    assert await requests(crew) == 1


async def test_another_time_holds_without_a_restart(team: TeamUp) -> None:
    clock = Clock()
    crew = await team(clock=clock)
    await settled(crew)
    await used(crew, clock.now)
    config = replace(crew.app[CONFIG], storage=StorageSettings(usage_days=1))
    assert crew.app[RELOADS].apply(config) == ()
    clock.now += 2 * DAY_MS
    assert (await ran(crew, JOB))["result"].startswith("1 requests older than 1 days")


@pytest.mark.parametrize("value", ["-1", "1.5", "for ever"])
def test_a_wrong_number_of_days_is_named(value: str) -> None:
    with pytest.raises(ConfigError, match="LOOM_SERVER_STORAGE_USAGE_DAYS"):
        server_config({"LOOM_SERVER_STORAGE_USAGE_DAYS": value})
