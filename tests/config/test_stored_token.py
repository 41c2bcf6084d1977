import json
from pathlib import Path

import pytest

from loom.config import load
from loom.credentials import server_key
from loom.secrets import Secret

MINE = "https://loom.example"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Somebody who is signed in at MINE."""
    file = tmp_path / "loom" / "credentials.json"
    file.parent.mkdir()
    file.write_text(json.dumps({MINE: {"token": "lt_mine"}}))
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


def token(environment: dict[str, str], workspace: Path, **more: str) -> Secret | None:
    return load({**environment, **more}, workspace).settings.token


def test_a_token_goes_to_its_own_server_and_to_no_other(
    environment: dict[str, str], tmp_path: Path
) -> None:
    for url in (MINE, MINE + "/", "https://LOOM.example"):
        assert token(environment, tmp_path, LOOM_SERVER_URL=url) == Secret("lt_mine")
    for url in ("http://loom.example", MINE + ":8443", MINE + ".evil.example", MINE + "/other"):
        assert token(environment, tmp_path, LOOM_SERVER_URL=url) is None
    assert token(environment, tmp_path) is None


def test_a_token_that_was_set_wins(environment: dict[str, str], tmp_path: Path) -> None:
    said = token(environment, tmp_path, LOOM_SERVER_URL=MINE, LOOM_TOKEN="lt_other")
    assert said == Secret("lt_other")
    config = load({**environment, "LOOM_SERVER_URL": MINE}, tmp_path)
    assert config.origin("token") == "loom login"
    assert "lt_mine" not in repr(config)


def test_servers_are_told_apart_by_all_but_case_and_a_slash() -> None:
    assert server_key(" https://Loom.Example/ ") == MINE
    assert server_key("https://loom.example/Team/") == MINE + "/Team"
    assert server_key("unix:/run/loom.sock") == "unix:/run/loom.sock"
