from pathlib import Path

import pytest

from tests.config.conftest import Loaded


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("LOOM_SERVER_URL", "http://loom:8080", "server_url", "http://loom:8080"),
        ("LOOM_PROVIDER", "openai", "provider", "openai"),
        ("LOOM_LLM_PROVIDER", "vertex", "provider", "vertex"),
        ("LOOM_MODEL", "m", "model", "m"),
        ("LOOM_MODE", "plan", "mode", "plan"),
        ("LOOM_ORACLE_MODEL", "o", "oracle.model", "o"),
        ("LOOM_THEME", "nord", "tui.theme", "nord"),
        ("LOOM_TUI__REDUCED_MOTION", "Yes", "tui.reduced_motion", True),
        ("LOOM_SANDBOX__ENABLED", "0", "sandbox.enabled", False),
        ("LOOM_CONTEXT__LIMIT", "1000", "context.limit", 1000),
        ("LOOM_CONTEXT__COMPACT_AT", "0.5", "context.compact_at", 0.5),
        ("LOOM_AGENT__TOOL_TIMEOUT", "5m", "agent.tool_timeout", 300.0),
        ("LOOM_AGENT__TOOL_TIMEOUT", "500ms", "agent.tool_timeout", 0.5),
        ("LOOM_AGENT__TOOL_TIMEOUT", "30", "agent.tool_timeout", 30.0),
        ("LOOM_PERMISSIONS__RULES", "deny bash(a, b)", "permissions.rules", ("deny bash(a, b)",)),
    ],
)
def test_a_variable_becomes_a_setting_of_its_type(
    loaded: Loaded, variable: str, text: str, key: str, value: object
) -> None:
    config = loaded({variable: text})
    assert config.settings.value(key) == value
    assert config.origin(key) == variable


def test_the_present_name_of_the_provider_wins_over_the_old_one(loaded: Loaded) -> None:
    config = loaded({"LOOM_PROVIDER": "openai", "LOOM_LLM_PROVIDER": "vertex"})
    assert config.settings.provider == "openai"


def test_a_token_file_wins_over_the_variable(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    config = loaded({"LOOM_TOKEN": "direct", "LOOM_TOKEN_FILE": str(tmp_path / "token")})
    assert config.settings.token is not None
    assert config.settings.token.expose() == "from-file"
    assert config.origin("token") == "LOOM_TOKEN_FILE"


def test_an_empty_variable_says_nothing(loaded: Loaded) -> None:
    assert loaded({"LOOM_MODEL": "", "LOOM_TUI__THEME": ""}).origins == {}


def test_the_servers_own_variables_are_not_the_clients(loaded: Loaded) -> None:
    config = loaded({"LOOM_SERVER_OPENAI_API_KEY": "sk-secret", "OPENAI_API_KEY": "sk-secret"})
    assert config.origins == {}
    assert config.warnings == ()
