import json
from pathlib import Path

import pytest

from tests.cli.conftest import Loom, Serve


def findings(loom: Loom, **variables: str) -> dict[str, tuple[str, str]]:
    rows = json.loads(loom("doctor", "--json", **variables).stdout)
    return {row["name"]: (row["state"], row["text"]) for row in rows}


def test_every_line_that_is_not_ok_says_what_to_do(loom: Loom) -> None:
    rows = json.loads(loom("doctor", "--json", LOOM_TUI__TEME="nord", COLORTERM="").stdout)
    assert [row for row in rows if row["state"] != "ok" and not row["remedy"]] == []


def test_without_a_key_the_doctor_names_the_variables(loom: Loom) -> None:
    done = loom("doctor")
    assert "none has a key" in done.stdout
    assert "ANTHROPIC_API_KEY" in done.stdout
    assert done.returncode == 0


def test_a_key_is_found_and_never_shown(loom: Loom) -> None:
    done = loom("doctor", OPENAI_API_KEY="sk-very-secret-0123456789")
    assert "ready: openai" in done.stdout
    assert "very-secret" not in done.stdout + done.stderr


def test_another_server_is_asked_for_its_health(loom: Loom, serve: Serve) -> None:
    url = serve(LOOM_SERVER_OPENAI_API_KEY="sk-of-the-server").url
    found = findings(loom, LOOM_SERVER_URL=url)
    assert found["server"] == ("ok", f"{url} is healthy")
    assert found["providers"] == ("ok", "ready: openai")


def test_a_server_without_keys_is_told_what_it_lacks(loom: Loom, serve: Serve) -> None:
    found = findings(loom, LOOM_SERVER_URL=serve().url)
    assert found["server"][0] == "warn"
    assert "only the demo model" in found["providers"][1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "file:///etc/passwd", "nonsense"])
def test_a_server_that_does_not_answer_is_a_failure(loom: Loom, url: str) -> None:
    done = loom("doctor", LOOM_SERVER_URL=url)
    assert done.returncode == 1
    assert f"{url} does not answer" in done.stdout


def test_wrong_settings_are_a_failure(loom: Loom) -> None:
    assert findings(loom, LOOM_MODE="reckless")["settings"][0] == "fail"


def test_missing_programs_are_named(loom: Loom, tmp_path: Path) -> None:
    found = findings(loom, PATH=str(tmp_path))
    assert found["git"][0] == "warn"
    assert "not found" in found["rg"][1]


def test_a_database_of_another_program_is_a_failure(loom: Loom, tmp_path: Path) -> None:
    database = tmp_path / ".local" / "share" / "loom" / "loom.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"not a database at all, and longer than a header" * 40)
    assert findings(loom)["threads"][0] == "fail"


def test_no_colour_when_nobody_looks(loom: Loom) -> None:
    assert "\x1b" not in loom("doctor").stdout
