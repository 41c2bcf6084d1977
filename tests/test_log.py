import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom.log import Entry, LogFormat, log_all, request_id, start_logging, stop_logging
from loom.redact import Redactor
from loom.secrets import Secret

log = logging.getLogger("loom.tests")


@pytest.fixture(params=["json", "human"])
def output(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream, form = io.StringIO(), request.param
    handler = start_logging(stream, Redactor([Secret("hunter2-hunter2")]), form)
    yield stream
    stop_logging(handler)


def fail_with(text: str) -> None:
    raise ValueError(text)


def test_a_key_reaches_no_part_of_a_record(output: io.StringIO) -> None:
    log.warning("message %s", "hunter2-hunter2", extra={"field": {"deep": "hunter2-hunter2"}})
    try:
        fail_with("hunter2-hunter2")
    except ValueError:
        log.exception("trace")
    assert "hunter2" not in output.getvalue()
    assert output.getvalue().count("[REDACTED]") >= 3


def test_the_request_id_is_on_every_record_of_its_task(output: io.StringIO) -> None:
    token = request_id.set("r-17")
    log.info("inside")
    request_id.reset(token)
    log.info("outside")
    inside, outside = output.getvalue().splitlines()
    assert "r-17" in inside
    assert "r-17" not in outside


def test_a_json_record_is_one_line_with_its_extra_fields() -> None:
    stream = io.StringIO()
    handler = start_logging(stream, Redactor(), "json")
    log.info("two\nlines", extra={"status": 200})
    stop_logging(handler)
    record = json.loads(stream.getvalue())
    assert record["message"] == "two\nlines"
    assert record["status"] == 200


@pytest.mark.parametrize("form", ["json", "human"])
def test_a_log_file_is_private(tmp_path: Path, form: LogFormat) -> None:
    path = tmp_path / "state" / "loom.log"
    stop_logging(start_logging(path, Redactor(), form))
    assert path.stat().st_mode & 0o777 == 0o600


def test_entries_that_are_logged_together_are_lines_of_their_own(output: io.StringIO) -> None:
    cut = "-----BEGIN PRIVATE KEY-----"
    log_all(log, [Entry(1.5, f"GET /{cut}", {"request_id": "a"}), Entry(2.0, "GET /b", {"ms": 3})])
    first, second = output.getvalue().splitlines()
    assert "00:00:01" in first
    assert "[REDACTED:private-key]" in first
    assert "00:00:02" in second
    assert "GET /b" in second
