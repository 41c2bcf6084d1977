import json

from tests.cli.conftest import Loom, Serve


def test_jobs_are_listed_steered_and_run_from_the_command_line(loom: Loom, serve: Serve) -> None:
    port = serve().url.rpartition(":")[2]

    def said(*words: str) -> str:
        done = loom("server", "jobs", *words, LOOM_SERVER_PORT=port)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "logins.expired" in said("list")
    assert "disabled" in said("disable", "logins.expired")
    (job,) = [j for j in json.loads(said("list", "--json"))["jobs"] if j["id"] == "logins.expired"]
    assert not job["is_enabled"]
    said("enable", "logins.expired")
    assert "began" in said("run", "audit.check")
    runs = json.loads(said("history", "audit.check", "--json"))["runs"]
    assert [run["triggered_by"] for run in runs] == ["manual", "schedule"]


def test_a_job_that_is_not_there_is_said_not_to_be(loom: Loom, serve: Serve) -> None:
    port = serve().url.rpartition(":")[2]
    done = loom("server", "jobs", "run", "no.job", LOOM_SERVER_PORT=port)
    assert (done.returncode, "there is no job no.job" in done.stderr) == (1, True)
