import json
from pathlib import Path

from tests.cli.conftest import Loom


def test_every_setting_is_printed_with_its_origin(loom: Loom) -> None:
    lines = loom("config", LOOM_THEME="nord").stdout.splitlines()
    assert [line.split() for line in lines if line.startswith("tui.theme")] == [
        ["tui.theme", '"nord"', "LOOM_THEME"]
    ]
    assert any(line.split() == ["mode", '"ask"', "default"] for line in lines)


def test_a_secret_is_redacted_in_both_forms(loom: Loom) -> None:
    for words in (["config"], ["config", "--json"]):
        done = loom(*words, LOOM_TOKEN="lt_very_secret")
        assert "[REDACTED]" in done.stdout
        assert "very_secret" not in done.stdout + done.stderr


def test_json_holds_values_and_origins(loom: Loom) -> None:
    settings = json.loads(loom("config", "--json", LOOM_TUI__MOUSE="no").stdout)["settings"]
    assert settings["tui.mouse"] == {"value": False, "origin": "LOOM_TUI__MOUSE"}


def test_warnings_go_to_standard_error(loom: Loom) -> None:
    done = loom("config", LOOM_TUI__TEME="nord")
    assert "did you mean tui.theme?" in done.stderr
    assert "did you mean" not in done.stdout


def test_trust_makes_a_repositorys_settings_hold(loom: Loom, tmp_path: Path) -> None:
    file = tmp_path / ".loom" / "config.toml"
    file.parent.mkdir()
    file.write_text('mode = "edit"')
    assert "not trusted" in loom("config").stderr
    assert "trusted" in loom("config", "--trust").stderr
    done = loom("config")
    assert (str(file) in done.stdout, done.stderr) == (True, "")
