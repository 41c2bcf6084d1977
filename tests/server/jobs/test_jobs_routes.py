import asyncio
from typing import Any

import pytest

from loom.api.times import rfc3339
from loom.server.housekeeping import HISTORY_DAYS
from loom.server.routes.jobs import RUNNER
from tests.server.conftest import TOKEN, TeamUp
from tests.server.team import Team
from tests.server.test_door import Clock

OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
DAY_MS = 24 * 3600 * 1000


async def jobs(server: Team) -> dict[str, dict[str, Any]]:
    said = await server.call("GET", "/api/admin/jobs", OPERATOR)
    return {job["id"]: job for job in said.json()["jobs"]}


async def listed(server: Team) -> list[dict[str, Any]]:
    return list((await jobs(server)).values())


async def act(server: Team, job: str, word: str) -> int:
    return (await server.call("POST", f"/api/admin/jobs/{job}/{word}", OPERATOR)).status


async def runs(server: Team, job: str) -> list[dict[str, Any]]:
    said = await server.call("GET", f"/api/admin/jobs/{job}/runs", OPERATOR)
    found: list[dict[str, Any]] = said.json()["runs"]
    return found


async def ran(server: Team, job: str, trigger: str = "schedule") -> dict[str, Any]:
    """The run of a job at the clock's present time, at its end."""
    server.app[RUNNER].changed()
    async with asyncio.timeout(20):
        while True:
            for run in await runs(server, job):
                is_now = run["started_at"] == rfc3339(server.now)
                if is_now and run["triggered_by"] == trigger and run["status"] != "running":
                    return run


async def settled(server: Team) -> None:
    """Waits until what is due at the start has run."""
    async with asyncio.timeout(20):
        # Before they are known there are none.
        while not (found := await listed(server)) or not all(
            job.get("last", {}).get("completed_at") for job in found
        ):
            pass


async def test_the_servers_own_jobs_run_by_themselves(team: TeamUp) -> None:
    server = await team()
    await settled(server)
    found = await jobs(server)
    assert {"accounts.purge", "audit.check", "audit.retention"} <= set(found)
    assert {"jobs.history", "logins.expired"} <= set(found)
    assert {job["last"]["status"] for job in found.values()} == {"succeeded"}
    assert (await server.call("GET", "/health")).json()["components"]["jobs"]["status"] == "healthy"
    text = (await server.call("GET", "/metrics")).body.decode()
    assert 'loom_job_runs_total{job="logins.expired",status="succeeded"} 1' in text


async def test_what_ran_out_is_removed(team: TeamUp) -> None:
    clock = Clock()
    server = await team(clock=clock)
    alice = await server.sign_up("alice@example.com")
    await settled(server)
    count = "SELECT count(*) FROM login_sessions WHERE user = ?"
    assert await server.database.query(count, (alice.id,)) == [(1,)]
    clock.now += 61 * DAY_MS
    assert (await ran(server, "logins.expired"))["result"] == "1 removed"
    assert await server.database.query(count, (alice.id,)) == [(0,)]


async def test_old_audit_lines_are_cut_off_and_the_chain_stays_sound(team: TeamUp) -> None:
    clock = Clock()
    server = await team(clock=clock)
    await settled(server)
    await server.call("GET", "/api/admin/audit", OPERATOR)
    clock.now += 91 * DAY_MS
    await server.call("GET", "/api/admin/audit", OPERATOR)
    assert "cut off" in (await ran(server, "audit.retention"))["result"]
    await ran(server, "audit.check")
    # The job is free a moment after its run has ended.
    while await act(server, "audit.check", "run") != 202:
        pass
    assert "sound" in (await ran(server, "audit.check", "manual"))["result"]
    page = (await server.call("GET", "/api/admin/audit?type=audit.cut", OPERATOR)).json()
    assert page["entries"][0]["details"]["lines"] >= 2
    ((first,),) = await server.database.query("SELECT min(seq) FROM audit")
    assert first > 2


async def test_an_audit_log_that_was_tampered_with_shows_in_health(team: TeamUp) -> None:
    server = await team()
    await settled(server)
    await server.call("GET", "/api/admin/audit/head", OPERATOR)
    await server.database.write(
        lambda c: c.execute("UPDATE audit SET hash = randomblob(32) WHERE seq = 1")
    )
    await server.call("POST", "/api/admin/jobs/audit.check/run", OPERATOR)
    async with asyncio.timeout(20):
        while not (failed := [r for r in await runs(server, "audit.check") if r.get("error")]):
            pass
    assert "line 1: " in failed[0]["error"]
    health = (await server.call("GET", "/health")).json()
    assert (health["status"], health["components"]["jobs"]["status"]) == ("degraded", "degraded")
    await act(server, "audit.check", "cancel")


async def test_what_was_deleted_is_buried_after_90_days(team: TeamUp) -> None:
    clock = Clock()
    server = await team(clock=clock)
    await server.sign_up("admin@example.com")
    bob = await server.sign_up("bob@example.com")
    await settled(server)
    assert (await server.call("POST", "/api/users/me/delete", bob.headers)).status < 300
    clock.now += 90 * DAY_MS
    assert (await ran(server, "accounts.purge"))["result"].startswith("1 accounts")


async def test_old_runs_are_forgotten(team: TeamUp) -> None:
    clock = Clock()
    server = await team(clock=clock)
    await settled(server)
    clock.now += (HISTORY_DAYS + 1) * DAY_MS
    result = (await ran(server, "jobs.history"))["result"]
    assert int(result.split()[0]) >= 4


async def test_a_job_is_disabled_and_enabled_and_both_are_audited(team: TeamUp) -> None:
    server = await team()
    await settled(server)
    assert await act(server, "logins.expired", "disable") == 200
    assert not (await jobs(server))["logins.expired"]["is_enabled"]
    health = (await server.call("GET", "/health")).json()
    assert health["components"]["jobs"]["error"] == "logins.expired is disabled"
    assert await act(server, "logins.expired", "enable") == 200
    page = (await server.call("GET", "/api/admin/audit?type=job", OPERATOR)).json()
    assert [entry["type"] for entry in page["entries"]] == ["job.enable", "job.disable"]


@pytest.mark.parametrize(("word", "status"), [("run", 404), ("cancel", 404), ("enable", 404)])
async def test_a_job_that_is_not_there_is_said_not_to_be(
    team: TeamUp, word: str, status: int
) -> None:
    server = await team()
    assert await act(server, "no.job", word) == status


async def test_what_does_not_run_cannot_be_cancelled(team: TeamUp) -> None:
    server = await team()
    await settled(server)
    assert await act(server, "logins.expired", "cancel") == 409
