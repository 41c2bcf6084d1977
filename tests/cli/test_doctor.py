import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.conftest import Loom

HEALTH = {
    "status": "healthy",
    "components": {"llm_providers": [{"name": "openai", "status": "healthy"}]},
}


def findings(loom: Loom, **variables: str) -> dict[str, tuple[str, str]]:
    rows = json.loads(loom("doctor", "--json", **variables).stdout)
    return {row["name"]: (row["state"], row["text"]) for row in rows}


@pytest.fixture
def health_url() -> Iterator[str]:
    """A server that only knows its health."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(HEALTH).encode())

        def log_message(self, *args: object) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        worker = Thread(target=server.serve_forever, args=(0.01,))
        worker.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        worker.join()


def test_every_line_that_is_not_ok_says_what_to_do(loom: Loom) -> None:
    rows = json.loads(loom("doctor", "--json", LOOM_TUI__TEME="nord", COLORTERM="").stdout)
    assert [row for row in rows if row["state"] != "ok" and not row["remedy"]] == []


def test_without_a_key_the_doctor_names_the_variables(loom: Loom) -> None:
    done = loom("doctor")
    assert "no key for any" in done.stdout
    assert "ANTHROPIC_API_KEY" in done.stdout
    assert done.returncode == 0


def test_a_key_is_found_and_never_shown(loom: Loom) -> None:
    done = loom("doctor", OPENAI_API_KEY="sk-very-secret-0123456789")
    assert "keys for openai" in done.stdout
    assert "very-secret" not in done.stdout + done.stderr


def test_another_server_is_asked_for_its_health(loom: Loom, health_url: str) -> None:
    found = findings(loom, LOOM_SERVER_URL=health_url)
    assert found["server"] == ("ok", f"{health_url} is healthy")
    assert found["providers"] == ("ok", "keys for openai")


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
